"""A slot in OpenRTB: the fields that the standard requires, and the price to the penny."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from jsonschema_rs import Draft202012Validator, meta

from cloud.forecast.intervals.interval import Interval
from cloud.pricing.cpm import slot_price_minor
from cloud.pricing.dwell_curve import assume_dwell_curve
from cloud.pricing.impressions import (
    Provenance,
    Spot,
    compute_play_impressions,
    compute_visitor_impressions,
)
from cloud.pricing.inventory import build_inventory_element
from cloud.pricing.rtb_deals import AuctionType, InventoryDeal
from cloud.pricing.slot import Slot
from cloud.sites.trade_details import Publisher, ScreenContent, ScreenIdentifier
from tests.cloud.rates import sites

SITES = list(sites())
LONDON = ZoneInfo("Europe/London")
MONDAY = Slot(datetime(2026, 11, 23, 8, tzinfo=UTC), LONDON)
SPOT = Spot(10, 60)
MEASURED = Provenance("sensor_measured", "onlooker", 1000, "four weeks", None, "recent-1")
NUMBER = {"type": "number", "exclusiveMinimum": 0}
NAME = {"type": "string", "minLength": 1}
RANGE = {
    "type": "object",
    "required": ["p10", "p50", "p90"],
    "additionalProperties": {"type": "number", "minimum": 0},
}

# Objects of OpenRTB 2.6 (3.2.4, 3.2.7, 3.2.18, 3.2.19, 3.2.31, 3.2.32) as far as they are sent.
ELEMENT = {
    "type": "object",
    "required": ["dooh", "device", "imp"],
    "additionalProperties": False,
    "properties": {
        "dooh": {
            "type": "object",
            "required": ["id", "name", "venuetype", "venuetypetax"],
            "additionalProperties": False,
            "properties": {
                "id": NAME,
                "name": NAME,
                "venuetype": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1,
                    "items": {"type": "string", "pattern": "^[0-9]+$"},
                },
                "venuetypetax": {"const": 5},
                "keywords": NAME,
                "domain": NAME,
                "publisher": {
                    "type": "object",
                    "required": ["id", "name", "domain"],
                    "additionalProperties": False,
                    "properties": {"id": NAME, "name": NAME, "domain": NAME},
                },
                "content": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "title": NAME,
                        "language": {"type": "string", "pattern": "^[a-z]{2}$"},
                        "cat": {"type": "array", "minItems": 1, "items": NAME},
                        "cattax": {"const": 7},
                    },
                },
            },
        },
        "device": {
            "type": "object",
            "required": ["devicetype", "geo"],
            "additionalProperties": False,
            "properties": {
                "devicetype": {"const": 8},
                "w": {"type": "integer", "minimum": 1},
                "h": {"type": "integer", "minimum": 1},
                "ppi": {"type": "integer", "minimum": 1},
                "ifa": NAME,
                "ext": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"ifa_type": {"enum": ["ppid", "sspid"]}},
                },
                "eids": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["source", "uids"],
                        "additionalProperties": False,
                        "properties": {
                            "source": NAME,
                            "uids": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["id", "atype"],
                                    "properties": {
                                        "id": NAME,
                                        "atype": {"type": "integer", "minimum": 500},
                                    },
                                },
                            },
                        },
                    },
                },
                "geo": {
                    "type": "object",
                    "required": ["lat", "lon", "type"],
                    "additionalProperties": False,
                    "properties": {
                        "lat": {"type": "number", "minimum": -90, "maximum": 90},
                        "lon": {"type": "number", "minimum": -180, "maximum": 180},
                        "type": {"enum": [1, 2, 3]},
                        "utcoffset": {"type": "integer"},
                    },
                },
            },
        },
        "imp": {
            "type": "array",
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["id", "bidfloor", "bidfloorcur", "qty", "dt", "exp"],
                "anyOf": [{"required": ["video"]}, {"required": ["banner"]}],
                "additionalProperties": False,
                "properties": {
                    "id": NAME,
                    "bidfloor": NUMBER,
                    "bidfloorcur": {"const": "GBP"},
                    "dt": {"type": "integer", "minimum": 1e12},
                    "exp": {"type": "integer", "minimum": 1},
                    "qty": {
                        "type": "object",
                        "required": ["multiplier"],
                        "additionalProperties": False,
                        "properties": {
                            "multiplier": NUMBER,
                            "sourcetype": {"enum": [0, 2, 3]},  # 1 would need a vendor
                        },
                    },
                    "video": {
                        "type": "object",
                        "required": ["mimes", "minduration", "maxduration"],
                        "additionalProperties": False,
                        "properties": {
                            "mimes": {"type": "array", "minItems": 1, "items": NAME},
                            "w": {"type": "integer", "minimum": 1},
                            "h": {"type": "integer", "minimum": 1},
                            "minduration": {"type": "integer", "minimum": 1},
                            "maxduration": {"type": "integer", "minimum": 1},
                            "boxingallowed": {"enum": [0, 1]},
                            "mincpmpersec": NUMBER,
                        },
                    },
                    "banner": {
                        "type": "object",
                        "required": ["mimes", "w", "h", "format"],
                        "additionalProperties": False,
                        "properties": {
                            "mimes": {"type": "array", "minItems": 1, "items": NAME},
                            "w": {"type": "integer", "minimum": 1},
                            "h": {"type": "integer", "minimum": 1},
                            "format": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "object",
                                    "required": ["w", "h"],
                                },
                            },
                        },
                    },
                    "pmp": {
                        "type": "object",
                        "required": ["private_auction", "deals"],
                        "additionalProperties": False,
                        "properties": {
                            "private_auction": {"enum": [0, 1]},
                            "deals": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "object",
                                    "required": ["id", "bidfloor", "bidfloorcur", "at"],
                                    "additionalProperties": False,
                                    "properties": {
                                        "id": NAME,
                                        "bidfloor": NUMBER,
                                        "bidfloorcur": {"const": "GBP"},
                                        "at": {"enum": [1, 3]},
                                        "wseat": {"type": "array", "items": NAME},
                                    },
                                },
                            },
                        },
                    },
                    "metric": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["type", "value"],
                            "additionalProperties": False,
                            "properties": {
                                "type": NAME,
                                "value": {"type": "number", "minimum": 0},
                                "vendor": NAME,
                            },
                        },
                    },
                    "ext": {
                        "type": "object",
                        "required": ["onlooker"],
                        "properties": {
                            "onlooker": {
                                "type": "object",
                                "required": ["impression_tier", "basis", "formula", "forecast"],
                                "properties": {
                                    "impression_tier": {"const": "viewable_ots"},
                                    "basis": {"enum": ["sensor_measured", "modelled"]},
                                    "impressions_per_play": {
                                        "required": ["gross", "viewable_ots", "lts"],
                                        "additionalProperties": RANGE,
                                    },
                                    "attention_s_per_play": RANGE,
                                },
                            }
                        },
                    },
                },
            },
        },
    },
}


KNOWN = msgspec.structs.replace(
    SITES[0],
    screen=msgspec.structs.replace(
        SITES[0].screen, media_types=("video/mp4", "image/jpeg", "image/png")
    ),
    publisher=Publisher(id="P1", name="Example", domain="example.org"),
    domain="screens.example.org",
    keywords=("portrait",),
    content=ScreenContent(title="Station news", language="en", categories=("379",)),
    identifiers=(
        ScreenIdentifier(source="oohspace.co.uk", id="1234931339"),
        ScreenIdentifier(source="geopath.org", id="30961", atype=502),
    ),
)
DEALS = (
    InventoryDeal("line-1", Decimal("21.763000")),
    InventoryDeal("deal-2", Decimal("18.5"), AuctionType.FIRST_PRICE, ("dsp-7",)),
)


def rungs(entries=Interval(1000, 1200, 1500), cells=None):  # noqa: B008 - a frozen value
    return compute_play_impressions(
        entries,
        compute_visitor_impressions(assume_dwell_curve(20), assume_dwell_curve(2, 0.3), SPOT),
        MEASURED,
        attention_s=Interval(600, 720, 900),
        cells=cells,
    )


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.id)
def test_every_screen_is_described_as_the_standard_requires(site):
    element = build_inventory_element(site, MONDAY, SPOT, 1200, rungs())
    assert meta.is_valid(ELEMENT)
    assert list(Draft202012Validator(ELEMENT).iter_errors(element)) == []


def test_what_the_sites_file_gives_is_sent_and_all_else_is_omitted():
    plain = build_inventory_element(SITES[0], MONDAY, SPOT, 1200, rungs())
    assert not plain["dooh"].keys() & {"publisher", "domain", "content"}
    assert "eids" not in plain["device"]
    (imp,) = plain["imp"]
    assert imp["video"]["mimes"] == ["video/mp4"]
    assert not imp.keys() & {"banner", "pmp"}

    element = build_inventory_element(KNOWN, MONDAY, SPOT, 1200, rungs(), deals=DEALS)
    assert list(Draft202012Validator(ELEMENT).iter_errors(element)) == []
    assert element["dooh"] == {
        "id": "KX-01", "name": KNOWN.name, "venuetype": ["10502"], "venuetypetax": 5,
        "keywords": "ticket_hall,portrait",
        "publisher": {"id": "P1", "name": "Example", "domain": "example.org"},
        "domain": "screens.example.org",
        "content": {"title": "Station news", "language": "en", "cat": ["379"], "cattax": 7},
    }  # fmt: skip
    assert element["device"]["eids"] == [
        {"source": "oohspace.co.uk", "uids": [{"id": "1234931339", "atype": 501}]},
        {"source": "geopath.org", "uids": [{"id": "30961", "atype": 502}]},
    ]
    (imp,) = element["imp"]
    size = {"w": 1080, "h": 1920}
    assert imp["banner"] == {"mimes": ["image/jpeg", "image/png"], **size, "format": [size]}
    assert imp["pmp"] == {
        "private_auction": 0,
        "deals": [
            {"id": "line-1", "bidfloor": 21.763, "bidfloorcur": "GBP", "at": 3},
            {"id": "deal-2", "bidfloor": 18.5, "bidfloorcur": "GBP", "at": 1, "wseat": ["dsp-7"]},
        ],
    }


def test_the_worked_example_of_the_docs_is_correct():
    (imp,) = build_inventory_element(SITES[0], MONDAY, SPOT, 1200, rungs())["imp"]
    assert imp["id"] == "2026-11-23T08:00Z/1"
    assert imp["dt"] == 1_795_420_800_000
    assert imp["qty"]["multiplier"] == pytest.approx(9.19, abs=0.01)
    assert imp["bidfloor"] == pytest.approx(21.76, abs=0.02)
    assert imp["video"]["mincpmpersec"] == pytest.approx(imp["bidfloor"] / 10)
    assert imp["metric"][0]["value"] == pytest.approx(0.9195, abs=1e-4)
    assert imp["metric"][1]["value"] == pytest.approx(2 / 9.195, rel=1e-3)


@pytest.mark.parametrize("price_minor", [1, 1200, 4312, 99_999])
@pytest.mark.parametrize("people", [0.5, 37, 1200, 54_321])
def test_what_is_sent_is_worth_the_slot(price_minor, people):
    (imp,) = build_inventory_element(
        SITES[0], MONDAY, SPOT, price_minor, rungs(Interval(people, people, people))
    )["imp"]
    floor, per_play = Decimal(repr(imp["bidfloor"])), Decimal(repr(imp["qty"]["multiplier"]))
    assert slot_price_minor(floor, SPOT, per_play, "GBP") == price_minor


def test_an_hour_without_people_is_not_put_up():
    assert (
        build_inventory_element(SITES[0], MONDAY, SPOT, 1200, rungs(Interval(0, 0, 0)))["imp"] == []
    )


def test_an_unknown_venue_is_omitted():
    lost = msgspec.structs.replace(SITES[0], venue="99999")
    element = build_inventory_element(lost, MONDAY, SPOT, 1200, rungs())["dooh"]
    assert not element.keys() & {"venuetype", "venuetypetax"}


def test_small_cells_are_suppressed():
    element = build_inventory_element(
        SITES[0], MONDAY, SPOT, 1200, rungs(cells={"25-34 female": 90, "55+ male": 9})
    )
    extension = element["imp"][0]["ext"]["onlooker"]
    assert set(extension["audience_per_play"]) == {"25-34 female"}
    assert extension["suppressed_below"] == 10


def test_the_time_zone_of_the_site_is_given_in_minutes():
    summer = Slot(datetime(2026, 7, 6, 7, tzinfo=UTC), LONDON)
    assert (
        build_inventory_element(SITES[0], MONDAY, SPOT, 1, rungs())["device"]["geo"]["utcoffset"]
        == 0
    )
    assert (
        build_inventory_element(SITES[0], summer, SPOT, 1, rungs())["device"]["geo"]["utcoffset"]
        == 60
    )
