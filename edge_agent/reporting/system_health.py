"""Memory, temperature and free disk space of the device."""

import os
import shutil
from pathlib import Path


def rss_bytes() -> int:
    """Resident memory of this process; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def temperature_milli_c(zones: Path = Path("/sys/class/thermal")) -> int | None:
    """The hottest part of the board, in thousandths of a degree; None where nothing measures."""
    readings = []
    for zone in zones.glob("thermal_zone*/temp"):
        try:
            readings.append(int(zone.read_text()))
        except (OSError, ValueError):
            continue
    return max(readings, default=None)


def disk_free_bytes(path: Path) -> int:
    """What the disk that holds `path` has left; 0 when it does not tell."""
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return 0
