"""Names of sensor readings that may be sent: a quantity with its unit, no free text."""

import re
from collections.abc import Iterable
from typing import Final

KNOWN: Final = frozenset(
    {
        "lux", "uv_index", "celsius", "temperature_c", "humidity", "humidity_percent",
        "pressure_hpa", "pressure_pa", "co2_ppm", "voc_ppb", "pm25_ug_m3", "pm10_ug_m3",
        "noise_db", "sound_db", "wind_m_s", "rain_mm", "battery_percent", "battery_v",
        "voltage_v", "current_a", "power_w", "energy_wh", "fan_rpm", "distance_m", "speed_m_s",
    }
)  # fmt: skip
NUMBERED: Final = re.compile(r"(.+?)_[0-9]{1,2}")  # several sensors of one kind: lux_2


def is_allowed_name(name: str, own: Iterable[str] = ()) -> bool:
    """Whether a reading may be sent under this name; `own` are names of the local settings."""
    numbered = NUMBERED.fullmatch(name)
    return name in KNOWN or name in own or bool(numbered and numbered.group(1) in KNOWN)
