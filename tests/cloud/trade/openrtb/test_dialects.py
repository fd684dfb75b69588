"""Requests of other systems are read by any of their names, and written with the standard's."""

import msgspec
import pytest

from cloud.trade.openrtb.dialects import DialectError, normalise_request

STANDARD = {
    "id": "1",
    "dooh": {"id": "KX-01", "venuetype": ["10502"], "venuetypetax": 5},
    "device": {"devicetype": 8, "geo": {"lat": 51.53, "lon": -0.12}},
    "imp": [
        {
            "id": "1",
            "dt": 1_647_010_095_000,
            "qty": {"multiplier": 9.194986, "sourcetype": 2},
            "video": {"mimes": ["video/mp4"]},
        }
    ],
}
IMP = STANDARD["imp"][0]


def test_a_request_in_the_names_of_the_standard_stays_as_it_is():
    assert normalise_request(STANDARD) == STANDARD
    assert normalise_request(msgspec.json.decode(msgspec.json.encode(STANDARD))) == STANDARD


@pytest.mark.parametrize(
    "dooh",
    [
        {"venuetypeid": 10502, "venuetax": 5},
        {"venuetypeid": ["10502"], "venuetypetax": 5},
        {"venuetype": "10502"},
        {"venuetype": ["10502", "105"], "venuetypetax": 1},
        {"venuetype": ["10503"], "venuetypetax": 5},  # an id of 1.2: sent by its 1.1 id
        {"venuetype": ["123456", "10502", "1"], "venuetypetax": 5},
    ],
)
def test_a_venue_has_one_name(dooh):
    assert normalise_request(STANDARD | {"dooh": {"id": "KX-01", **dooh}}) == STANDARD


@pytest.mark.parametrize(
    ("dooh", "extension", "venue"),
    [
        ({}, {"venuetypeid": 10502}, ["10502"]),
        ({}, {"venuetypeid": 10599, "venuetypelist": [10599, 105, 1]}, ["105"]),
        ({"venuetype": ["99999"]}, {}, None),
        ({}, {}, None),
    ],
)
def test_an_unknown_venue_is_absent_and_its_known_parents_are_used(dooh, extension, venue):
    device = STANDARD["device"] | {"ext": {"dooh": extension}}
    found = normalise_request({"dooh": dooh, "device": device})["dooh"]
    assert found.get("venuetype") == venue
    assert ("venuetypetax" in found) is (venue is not None)


def test_ids_of_another_taxonomy_are_not_read_as_openooh():
    dooh = {"venuetype": ["30"], "venuetax": 3}
    assert normalise_request({"dooh": dooh})["dooh"] == {"venuetype": ["30"], "venuetypetax": 3}


def test_a_longitude_may_be_called_long():
    device = {"devicetype": 8, "geo": {"lat": 51.53, "long": -0.12}}
    assert normalise_request(STANDARD | {"device": device}) == STANDARD


@pytest.mark.parametrize("dt", [1_647_010_095, 1_647_010_095.0, "1647010095"])
def test_a_time_in_seconds_becomes_milliseconds(dt):
    assert normalise_request(STANDARD | {"imp": [IMP | {"dt": dt}]}) == STANDARD


@pytest.mark.parametrize(
    ("imp", "device"),
    [
        ({"qty": {"sourcetype": 2}}, {"ext": {"dooh": {"impmultiply": 9.194986}}}),
        ({"qty": {"sourcetype": 2}, "banner": {"ext": {"dooh": {"impsPerSpot": 9.194986}}}}, {}),
        ({"qty": {"sourcetype": 2}, "video": {"ext": {"dooh": {"impsPerSpot": "9.194986"}}}}, {}),
    ],
)
def test_multipliers_in_extensions_are_read(imp, device):
    request = STANDARD | {"imp": [IMP | imp], "device": STANDARD["device"] | device}
    assert normalise_request(request)["imp"][0]["qty"]["multiplier"] == 9.194986


@pytest.mark.parametrize(
    ("request_", "where"),
    [
        ([], "no JSON object"),
        ({"dooh": []}, "dooh: expected an object"),
        ({"imp": {}}, "imp: expected a list"),
        ({"dooh": {"venuetypetax": "5"}}, "venuetypetax: expected a whole number"),
        ({"imp": [{"dt": "soon"}]}, "imp.dt: expected a number"),
        ({"imp": [{"dt": "1e99999"}]}, "imp.dt: expected a number"),
        ({"imp": [{"qty": {"multiplier": "1e400"}}]}, "multiplier: expected a number"),
        ({"imp": [{"dt": True}]}, "imp.dt: expected a number"),
        ({"imp": [{"qty": {"multiplier": 0}}]}, "found 0, expected more than 0"),
        ({"imp": [{"qty": {"multiplier": "NaN"}}]}, "multiplier: expected a number"),
        ({"imp": [{"qty": {"multiplier": 1, "sourcetype": 1}}]}, "vendor: required"),
    ],
)
def test_what_no_dialect_has_is_refused(request_, where):
    with pytest.raises(DialectError, match=where):
        normalise_request(request_)
