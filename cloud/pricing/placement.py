"""A screen in OpenRTB 2.6: the `dooh` and `device` objects, and the formats that it shows.

What the sites file does not give is omitted. A venue id outside the taxonomy is omitted as well,
because buyers would read it as another venue. Ids are those of a screen, never of a person.
"""

from typing import Any, Final

from cloud.pricing.slot import Slot
from cloud.sites.openooh import KNOWN, TAXONOMY_1_1, to_openooh_1_1
from cloud.sites.site_model import Site
from cloud.sites.trade_details import ScreenContent

OUT_OF_HOME: Final = 8
GEO_BY_PUBLISHER: Final = 3
CONTENT_TAXONOMY_3_0: Final = 7
"""AdCOM's list of category taxonomies."""
INCH_M: Final = 0.0254

RtbObject = dict[str, Any]


def build_dooh(site: Site) -> RtbObject:
    """The placement, which a request has instead of `site` and `app`."""
    placed: RtbObject = {"id": site.id, "name": site.name, "keywords": ",".join(_keywords(site))}
    if site.venue in KNOWN:
        placed |= {"venuetype": [to_openooh_1_1(site.venue)], "venuetypetax": TAXONOMY_1_1}
    if site.publisher is not None:
        owner = site.publisher
        placed["publisher"] = {"id": owner.id, "name": owner.name, "domain": owner.domain}
    domain = site.domain or (site.publisher.domain if site.publisher else None)
    if domain is not None:
        placed["domain"] = domain
    if site.content is not None and (content := _describe_content(site.content)):
        placed["content"] = content
    return placed


def build_device(site: Site, slot: Slot) -> RtbObject:
    """The screen at the time of a slot."""
    face = site.screen
    offset = slot.local.utcoffset()
    assert offset is not None
    device: RtbObject = {
        "devicetype": OUT_OF_HOME,
        "w": face.width_px,
        "h": face.height_px,
        "ppi": max(1, round(face.width_px * INCH_M / face.width_m)),
        "ifa": site.id,
        "geo": {
            "lat": site.latitude_deg,
            "lon": site.longitude_deg,
            "type": GEO_BY_PUBLISHER,
            "utcoffset": int(offset.total_seconds() // 60),
        },
        "ext": {"ifa_type": "ppid"},  # where the IAB's guidelines for `ifa` have it
    }
    if site.identifiers:
        device["eids"] = [
            {"source": one.source, "uids": [{"id": one.id, "atype": one.atype}]}
            for one in site.identifiers
        ]
    return device


def build_formats(site: Site, minimum_cpm_per_second: float) -> RtbObject:
    """`video` and `banner`, as far as the screen shows them, with the length of a spot."""
    face, spot_s = site.screen, site.loop.spot_s
    moving = [one for one in face.media_types if one.startswith("video/")]
    still = [one for one in face.media_types if one.startswith("image/")]
    size = {"w": face.width_px, "h": face.height_px}
    formats: RtbObject = {}
    if moving:
        formats["video"] = {
            "mimes": moving,
            **size,
            "minduration": spot_s,
            "maxduration": spot_s,
            "boxingallowed": 0,
            "mincpmpersec": minimum_cpm_per_second,
        }
    if still:
        formats["banner"] = {"mimes": still, **size, "format": [size]}
    return formats


def _keywords(site: Site) -> list[str]:
    """The placement, then the words of the file."""
    return list(dict.fromkeys((site.placement, *site.keywords)))


def _describe_content(content: ScreenContent) -> RtbObject:
    described: RtbObject = {}
    if content.title is not None:
        described["title"] = content.title
    if content.language is not None:
        described["language"] = content.language
    if content.categories:
        described |= {"cat": list(content.categories), "cattax": CONTENT_TAXONOMY_3_0}
    return described
