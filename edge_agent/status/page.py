"""The status page: all cameras of this device. No script, no external resources.

Every value on the page is escaped, whatever its origin: a source name, a version, an alarm.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from typing import Final

from edge_agent.state_board import StateSnapshot
from wire.health import CaptureState, Connection, DeviceFigures
from wire.scalars import DeviceId

REFRESH_S: Final = 5
UPDATES: Final = "updates=on"
"""Part of the query of a page that updates; without it the reader decides when."""
GOOD, WARY, BAD = "good", "wary", "bad"
TONES: Final = {
    Connection.EXCELLENT: GOOD,
    Connection.FAIR: WARY,
    Connection.POOR: BAD,
    Connection.UNUSABLE: BAD,
}
STYLE: Final = """
:root{color-scheme:light dark;--ink:#182026;--dim:#5c6b76;--paper:#f6f7f9;--card:#fff;
--line:#e3e7eb;--good:#0f7b4f;--wary:#9a6400;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf1;--dim:#93a1ad;--paper:#10151a;--card:#182027;
--line:#2a343d;--good:#4cc38a;--wary:#e5a83b;--bad:#f2837b}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 4rem}
header{display:flex;justify-content:space-between;align-items:baseline;flex-wrap:wrap;gap:.5rem}
h1{font-size:1.35rem;margin:0;letter-spacing:-.01em}
a{color:inherit;font-size:.85rem}
time,small{color:var(--dim);font-size:.85rem}
article{background:var(--card);border:1px solid var(--line);border-radius:14px;
padding:1.25rem 1.4rem;margin-top:1.25rem}
h2{font-size:1.05rem;margin:0;display:flex;gap:.6rem;align-items:center;flex-wrap:wrap}
.word{font-size:.78rem;font-weight:600;padding:.15rem .6rem;border-radius:99px;
border:1px solid currentColor}
.good{color:var(--good)}.wary{color:var(--wary)}.bad{color:var(--bad)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:1rem 1.25rem;
margin:1.1rem 0 0}
dt{color:var(--dim);font-size:.8rem}
dd{margin:0;font-size:1.3rem;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
dd small{font-size:.8rem;letter-spacing:0}
ul{margin:1rem 0 0;padding-left:1.1rem}
img{width:100%;height:auto;border-radius:10px;margin-top:1.1rem;display:block;background:var(--line)}
"""


def render_page(
    snapshots: Sequence[StateSnapshot],
    now: datetime,
    previews: Collection[DeviceId],
    query: str = "",
) -> str:
    """The whole page. `query` is that of its URL: the token, if any, is added to the URLs in it."""
    parts = [part for part in query.split("&") if part]
    updates = UPDATES in parts
    query = "&".join(part for part in parts if part != UPDATES)
    cards = "".join(_card(one, now, one.beat.device in previews, query) for one in snapshots)
    placeholder = "<article><small>No camera has reported yet.</small></article>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"{_refresh(updates)}"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Onlooker</title><style>{STYLE}</style></head><body><main>"
        f"<header><h1>Onlooker</h1><time>{escape(now.isoformat(' ', 'seconds'))}</time>"
        f"{_switch(updates, query)}</header>"
        f"{cards or placeholder}</main></body></html>"
    )


def _refresh(updates: bool) -> str:
    return f'<meta http-equiv="refresh" content="{REFRESH_S}">' if updates else ""


def _switch(updates: bool, query: str) -> str:
    """A link to the same page that updates, or does not."""
    if updates:
        return f'<a href="?{escape(query)}">Stop updating</a>'
    wanted = f"{query}&{UPDATES}" if query else UPDATES
    return f'<a href="?{escape(wanted)}">Update every {REFRESH_S} seconds</a>'


def _card(one: StateSnapshot, now: datetime, has_preview: bool, query: str) -> str:
    beat = one.beat
    figures = beat.figures if isinstance(beat.figures, DeviceFigures) else None
    words = "".join(_word(text, tone) for text, tone in _words(one, figures))
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>"
        for name, value in (*_counts(one), *_health(one, figures, now))
    )
    troubles = [one.trouble] if one.trouble else []
    alarms = "".join(
        f'<li class="bad">{escape(text)}</li>' for text in (*troubles, *_alarms(figures))
    )
    picture = (
        f'<img alt="last image of the camera, every head pixelated" '
        f'src="/preview/{escape(beat.device)}.jpg{"?" + escape(query) if query else ""}">'
        if has_preview
        else ""
    )
    return (
        f"<article><h2>{escape(beat.device)}{words}</h2>"
        f"<small>{escape(beat.location)} · {escape(one.source)}</small>"
        f"{f'<ul>{alarms}</ul>' if alarms else ''}<dl>{facts}</dl>{picture}"
        f"<p><small>{escape(_made_by(one))}</small></p></article>"
    )


def _word(text: str, tone: str) -> str:
    return f'<span class="word {tone}">{escape(text)}</span>'


def _words(one: StateSnapshot, figures: DeviceFigures | None) -> Iterator[tuple[str, str]]:
    streams = one.beat.capture is CaptureState.STREAMING
    yield one.beat.capture, GOOD if streams else BAD
    if figures is not None:
        yield f"connection {figures.connection}", TONES[figures.connection]
    yield ("cloud reached", GOOD) if one.connected else ("cloud not reached", WARY)
    if figures is not None and figures.clock_kept is False:
        yield "clock not synchronized", WARY


def _counts(one: StateSnapshot) -> Iterator[tuple[str, str]]:
    totals = one.totals
    yield "people seen", _number(totals.get("entries"))
    yield "onlookers", _number(totals.get("onlookers"))
    yield "looking", _duration(totals.get("looking_ms"))
    yield "observed", _duration(totals.get("observed_ms"))


def _health(
    one: StateSnapshot, figures: DeviceFigures | None, now: datetime
) -> Iterator[tuple[str, str]]:
    beat = one.beat
    yield (
        "frames",
        f"{_number(beat.frames_captured)} <small>{_number(beat.frames_analysed)} seen</small>",
    )
    if figures is not None:
        yield "frame rate", f"{figures.frames_milli_hz / 1000:.1f} <small>per s</small>"
        yield "stalls, reconnects", f"{figures.stalls}, {beat.reconnects}"
    oldest = beat.outbox_oldest_at
    age = (
        f" <small>since {_duration((now - oldest).total_seconds() * 1000)}</small>"
        if oldest
        else ""
    )
    yield "reports waiting", f"{_number(beat.outbox_reports)}{age}"
    if figures is not None:
        yield "merged, blocked", f"{figures.outbox_merges}, {figures.egress_refusals}"
        yield "disk free", f"{figures.disk_free_bytes / 2**30:.1f} <small>GiB</small>"
        if figures.temperature_milli_c is not None:
            yield "temperature", f"{figures.temperature_milli_c / 1000:.0f} <small>°C</small>"
    yield "memory", f"{beat.rss_bytes / 2**20:.0f} <small>MiB</small>"
    yield "running", _duration(beat.uptime_ms)


def _alarms(figures: DeviceFigures | None) -> Iterable[str]:
    return figures.alarms if figures is not None else ()


def _made_by(one: StateSnapshot) -> str:
    versions = one.beat.versions
    return (
        f"agent {versions.agent} · {versions.detector} · {versions.attention} · "
        f"settings {versions.config}"
    )


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "-"


def _duration(milliseconds: object) -> str:
    if not isinstance(milliseconds, int | float):
        return "-"
    seconds = max(int(milliseconds // 1000), 0)
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
