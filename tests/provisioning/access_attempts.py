"""One list of attempts, tried on Mosquitto with its rules and on the policies of AWS IoT.

The device is cam-1 at KX-01. Another device, cam-2, is at the same location.
"""

MINE = "onlooker/v1/KX-01/cam-1"
MY_THING = "$aws/things/cam-1"
THEIRS = "onlooker/v1/KX-01/cam-2"
THEIR_THING = "$aws/things/cam-2"
MAY_PUBLISH = (
    *(f"{MINE}/{channel}" for channel in ("audience", "heartbeat", "alarm", "status")),
    *(f"{MY_THING}/shadow/{action}" for action in ("get", "update", "delete")),
    *(f"{MY_THING}/shadow/name/config/{action}" for action in ("get", "update", "delete")),
    *(
        f"{MY_THING}/jobs/{request}"
        for request in ("get", "start-next", "$next/get", "j1/get", "j1/update")
    ),
)
MAY_NOT_PUBLISH = (
    f"{MINE}/ack",
    f"{MINE}/other",
    f"{MINE}/audience/more",
    MINE,
    f"{THEIRS}/audience",
    f"{THEIRS}/status",
    "onlooker/v1/LB-01/cam-1/audience",
    "onlooker/v1/KX-01/cam-1x/audience",
    "onlooker/v1/KX-01/../KX-01/cam-2/audience",
    "onlooker/v2/KX-01/cam-1/audience",
    "onlooker/v1//cam-1/audience",
    f"{THEIR_THING}/shadow/update",
    f"{THEIR_THING}/shadow/name/config/update",
    f"{THEIR_THING}/jobs/j1/update",
    f"{MY_THING}/shadow/update/accepted",
    f"{MY_THING}/shadow/update/delta",
    f"{MY_THING}/jobs/notify-next",
    f"{MY_THING}/jobs/j1/update/accepted",
    "$aws/things/cam-1/../cam-2/shadow/update",
    "$aws/certificates/create-from-csr/json",
    "$aws/provisioning-templates/onlooker/provision/json",
    "$aws/rules/any",
    "$SYS/broker/version",
    "$CONTROL/dynamic-security/v1",
    "anything",
    "/",
)
MAY_SUBSCRIBE_TO = (
    f"{MINE}/ack",
    f"{MY_THING}/shadow/get/accepted",
    f"{MY_THING}/shadow/name/config/update/+",
    f"{MY_THING}/jobs/notify-next",
    f"{MY_THING}/#",
)
MAY_NOT_SUBSCRIBE_TO = (
    "#",
    "+/#",
    "+/v1/KX-01/cam-1/ack",
    "onlooker/#",
    "onlooker/v1/+/+/ack",
    "onlooker/v1/KX-01/+/ack",
    f"{MINE}/#",
    f"{MINE}/+",
    f"{THEIRS}/ack",
    f"{THEIRS}/audience",
    "$aws/#",
    "$aws/things/#",
    "$aws/things/+/shadow/update/delta",
    f"{THEIR_THING}/shadow/get/accepted",
    f"{THEIR_THING}/jobs/notify-next",
    "$SYS/#",
)
OTHER_IDS = (
    "cam-2",
    "service:fleet",
    "CAM-1",
    "cam-1x",
    "cam",
    "*",
    "+",
    "",
    "../cam-1",
    "cam 1",
)
