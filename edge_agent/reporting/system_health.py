"""Memory, temperature and free disk space of the device."""

import os
import shutil
from pathlib import Path


def rss_bytes() -> int:
    """Resident memory of this process; 0 where the system does not state it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def temperature_milli_c(zones: Path = Path("/sys/class/thermal")) -> int | None:
    """The highest temperature of the device, thousandths of a degree; None without a sensor."""
    readings = []
    for zone in zones.glob("thermal_zone*/temp"):
        try:
            readings.append(int(zone.read_text()))
        except (OSError, ValueError):
            continue
    return max(readings, default=None)


def disk_free_bytes(path: Path) -> int:
    """Free bytes of the disk that holds `path`; 0 where the system does not state it."""
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return 0
