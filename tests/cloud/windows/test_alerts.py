"""An alert is raised once, held while it lasts and cleared once; people are told once."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest
from moto import mock_aws
from sqlalchemy import Connection, Engine

from cloud.__main__ import main
from cloud.database import hour_tallies, journals, minute_tallies, reading, touched, writing
from cloud.estate import EstateError
from cloud.windows.alerts import Change, Event, Search, history, settle, told
from cloud.windows.anomalies import Kind, Measure
from cloud.windows.notify import DeliveryError, Mail, Notice, deliver, messengers, plan
from cloud.windows.recipients import Quiet, Recipient, load
from cloud.windows.watch import look

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OPS = Recipient(name="ops", to="log:")


def blind(share: float, location: str = "KX-01") -> Measure:
    return Measure(Kind.BLIND, location, f"{location.lower()}-cam-1", share, f"{share:.0%} blind")


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with writing(engine) as connection:
        yield connection


def test_between_the_thresholds_an_alert_neither_rises_nor_clears(connection: Connection) -> None:
    #   0.5 - - - - - - - -x- - - - - - - - - -   raised at and above
    #                          x
    #   0.2 - - x - - - - - - - - - - - x - - -   cleared below
    #                                       x
    changes = [
        [event.change for event in settle(connection, [blind(share)], NOON + index * MINUTE)]
        for index, share in enumerate((0.2, 0.5, 0.4, 0.2, 0.19, 0.4))
    ]
    assert changes == [[], [Change.RAISED], [], [], [Change.CLEARED], []]


def test_no_measure_leaves_the_alert_as_it_is(connection: Connection) -> None:
    settle(connection, [blind(0.9)], NOON)
    assert settle(connection, [], NOON + MINUTE) == []
    (alert,) = history(connection, Search(NOON))
    assert (alert.cleared_at, alert.message) == (None, "90% blind")


def test_two_that_watch_raise_one_alert(connection: Connection) -> None:
    assert len(settle(connection, [blind(0.9), blind(0.9)], NOON)) == 1
    assert len(history(connection, Search(NOON))) == 1


def test_an_alert_that_comes_back_is_another_one(connection: Connection) -> None:
    for index, share in enumerate((0.9, 0.0, 0.9)):
        settle(connection, [blind(share), blind(0.9, "LB-01")], NOON + index * MINUTE)
    of_place = history(connection, Search(NOON, locations=("KX-01",)))
    assert [alert.cleared_at for alert in of_place] == [None, NOON + MINUTE]
    assert len(history(connection, Search(NOON + 2 * MINUTE))) == 2


def test_the_whole_estate_is_looked_at(connection: Connection) -> None:
    minutes = [
        {"location": location, "device": f"{location}-cam", "minute_at": int(at.timestamp()),
         "observed_ms": 60_000 - dark_ms, "blind_dark_ms": dark_ms,
         "person_ms": crowd * 60_000, "blind_flat_ms": 0}
        for location, crowd, dark_ms in (("A", 9, 0), ("B", 2, 0), ("C", 0, 60_000))
        for at in (NOON + 20 * MINUTE, NOON + 29 * MINUTE)
    ]  # fmt: skip
    hours = [
        {"location": location, "device": f"{location}-cam",
         "hour_at": int((NOON - timedelta(weeks=week)).timestamp()),
         "observed_ms": 3_600_000, "person_ms": 7_200_000, "visits": 10, "onlookers": 2}
        for location in "AB" for week in (1, 2, 3)
    ]  # fmt: skip
    heard = {"device": "D-cam", "location": "D", "journal": "j", "through": 1, "islands": "[]",
             "settled_at": NOON - timedelta(hours=1)}  # fmt: skip
    places = [{"location": one, "changed_at": NOON, "minute_at": 0} for one in "ABC"]
    connection.execute(touched.insert(), places)
    connection.execute(minute_tallies.insert(), minutes)
    connection.execute(hour_tallies.insert(), hours)
    connection.execute(journals.insert(), heard)
    now = NOON + 30 * MINUTE
    cameras = [(location, f"{location}-cam") for location in "ABCDE"]
    events = settle(connection, look(connection, cameras, now), now)
    assert sorted((event.measure.location, event.measure.kind) for event in events) == [
        ("A", Kind.SURGE),
        ("C", Kind.BLIND),
        ("D", Kind.SILENT),
    ]


class Ear:
    """A messenger that hears, or does not."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.deaf = False

    def __call__(self, to: str, notice: Notice) -> None:
        if self.deaf:
            raise DeliveryError("deaf")
        self.heard.append(f"{notice.change} {notice.location}")


def happens(engine: Engine, share: float, at: datetime, *who: Recipient) -> list[Event]:
    with writing(engine) as connection:
        events = settle(connection, [blind(share)], at)
        plan(connection, events, who)
    return events


def test_a_deaf_receiver_is_told_later_and_only_once(engine: Engine) -> None:
    ear = Ear()
    ear.deaf = True
    happens(engine, 0.9, NOON, OPS)
    assert deliver(engine, [OPS], NOON, lambda _: ear) == 0
    ear.deaf = False
    assert deliver(engine, [OPS], NOON + MINUTE / 2, lambda _: ear) == 0
    assert deliver(engine, [OPS], NOON + MINUTE, lambda _: ear) == 1
    assert deliver(engine, [OPS], NOON + 2 * MINUTE, lambda _: ear) == 0
    assert ear.heard == ["raised KX-01"]


def test_a_night_is_not_disturbed_and_a_night_s_trouble_is_told_in_the_morning(
    engine: Engine,
) -> None:
    ear = Ear()
    sleeper = Recipient(name="sleeper", to="log:", quiet=Quiet("22:00", "07:00", "Europe/Paris"))
    night = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # half past eleven in Paris
    happens(engine, 0.9, night, sleeper)
    happens(engine, 0.0, night + MINUTE, sleeper)  # over before anybody woke
    happens(engine, 0.9, night + 2 * MINUTE, sleeper)
    assert deliver(engine, [sleeper], night + timedelta(hours=7), lambda _: ear) == 0
    assert deliver(engine, [sleeper], datetime(2026, 11, 21, 6, 0, tzinfo=UTC), lambda _: ear) == 1
    assert ear.heard == ["raised KX-01"]


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({}, True),
        ({"kinds": ("camera.",)}, True),
        ({"kinds": ("crowd.", "equipment.")}, False),
        ({"locations": ("KX-01",)}, True),
        ({"locations": ("LB-01",)}, False),
    ],
)
def test_one_hears_only_what_one_wants(
    engine: Engine, wishes: dict[str, tuple[str, ...]], told: bool
) -> None:
    choosy = Recipient(name="choosy", to="log:", **wishes)
    happens(engine, 0.9, NOON, choosy)
    assert deliver(engine, [choosy], NOON, lambda _: Ear()) == int(told)


def test_a_webhook_gets_json_and_a_broken_one_is_an_error() -> None:
    posted: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(500 if self.path == "/broken" else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    notice = Notice(Change.RAISED, "camera.blind", "KX-01", "kx-01-cam-1", NOON, "90% blind")
    send = messengers(Mail())(url)
    send(url, notice)
    with pytest.raises(DeliveryError, match="500"):
        send(url + "/broken", notice)
    server.shutdown()
    server.server_close()
    with pytest.raises(DeliveryError, match="webhook"):
        send(url, notice)
    assert b'"kind": "camera.blind"' in posted[0]


@mock_aws
def test_a_topic_of_sns_gets_the_alert_and_one_that_is_not_there_is_an_error(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    sns, sqs = boto3.client("sns", "eu-west-2"), boto3.client("sqs", "eu-west-2")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    address = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=address["Attributes"]["QueueArn"],
                  Attributes={"RawMessageDelivery": "true"})  # fmt: skip
    there = Recipient(name="there", to=f"sns:{topic}")
    nowhere = Recipient(name="nowhere", to=f"sns:{topic}-of-nobody")
    quiet = Recipient(name="quiet", to=f"sns:{topic}", quiet=Quiet("11:00", "13:00", "UTC"))
    choosy = Recipient(name="choosy", to=f"sns:{topic}", kinds=("crowd.",))
    everybody = (there, nowhere, quiet, choosy)
    happens(engine, 0.9, NOON, *everybody)
    assert deliver(engine, everybody, NOON, messengers(Mail())) == 1
    (heard,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(heard["Body"]) == {
        "change": "raised", "kind": "camera.blind", "location": "KX-01", "device": "kx-01-cam-1",
        "at": NOON.isoformat(), "message": "90% blind",
    }  # fmt: skip
    with reading(engine) as connection:
        failures = {row.recipient: row.failure for row in told(connection, 1)}
    assert failures.keys() == {"there", "nowhere", "quiet"}
    assert failures["nowhere"].startswith("sns: ")
    assert failures["there"] is failures["quiet"] is None
    assert deliver(engine, everybody, NOON + timedelta(hours=1), messengers(Mail())) == 1


def test_a_mail_relay_that_is_not_there_is_an_error() -> None:
    notice = Notice(Change.RAISED, "camera.blind", "KX-01", "kx-01-cam-1", NOON, "90% blind")
    with pytest.raises(DeliveryError, match="mail"):
        Mail("127.0.0.1", 1)("mailto:ops@example.com", notice)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("recipients: [{name: a, to: 'ftp://x'}]", "cannot send to"),
        ("recipients: [{name: a, to: 'log:'}, {name: a, to: 'log:'}]", "two recipients"),
        ("recipients: [{name: a, to: 'log:', quiet: {from: '25:00', until: '07:00', "
         "timezone: UTC}}]", "regex"),
        ("recipients: [{name: a, to: 'log:', when: never}]", "unknown field"),
        ("[" * 3_000, r"recipients\.yaml"),
        ("recipients: !!python/name:os.system", r"recipients\.yaml"),
    ],
)  # fmt: skip
def test_recipients_that_cannot_be_used_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "recipients.yaml"
    file.write_text(text)
    with pytest.raises(EstateError, match=said):
        load(file)


@pytest.fixture
def told_to_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        (tmp_path / "recipients.yaml").write_text(text)
        return tmp_path / "recipients.yaml"

    return write


def test_the_command_looks_once_and_ends(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    told_to_file: Callable[[str], Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("ONLOOKER_DATABASE_URL", engine.url.render_as_string())
    heard = {"device": "kx-01-cam-1", "location": "KX-01", "journal": "j", "through": 1,
             "islands": "[]", "settled_at": NOON}  # fmt: skip
    with writing(engine) as connection:
        connection.execute(journals.insert(), heard)
    file = told_to_file("recipients: [{name: ops, to: 'log:'}]")
    assert main(["watch", "--once", "--recipients", str(file)]) == 0
    assert [record.getMessage() for record in caplog.records] == ["alert.raised"]
    with reading(engine) as connection:
        assert [row.kind for row in history(connection, Search(NOON))] == ["camera.silent"]
