"""The config shadow of one device, kept by the shadow engine of the cloud."""

import msgspec

from cloud.fleet.shadows import shadow as engine
from tests.edge_agent.management.fake_link import FakeLink

DEVICE = "kx-01-cam-1"
SHADOW = f"$aws/things/{DEVICE}/shadow/name/config"


class ShadowService:
    def __init__(self):
        self.shadow = engine.Shadow()
        self.link = FakeLink(self._answer)

    @property
    def reported(self):
        return self.shadow.state.get("reported", {})

    def set_desired(self, desired):
        """Change the desired config and notify the device."""
        self._change(engine.ShadowUpdate({"desired": desired}))

    def _answer(self, topic, body):
        token = body["clientToken"]
        if topic == f"{SHADOW}/get":
            if not self.shadow.version:
                return [_message("get/rejected", {"code": 404, "clientToken": token})]
            return [_message("get/accepted", engine.build_response(self.shadow, at=0, token=token))]
        assert topic == f"{SHADOW}/update"
        try:
            return self._change(engine.parse_update(msgspec.json.encode(body)))
        except engine.ShadowError as error:
            rejection = {"code": error.code, "message": error.message, "clientToken": token}
            return [_message("update/rejected", rejection)]

    def _change(self, update):
        changed = engine.apply_update(self.shadow, update, at=0)
        self.shadow = changed.shadow
        messages = [_message("update/accepted", changed.accepted)]
        if changed.delta:
            messages.append(_message("update/delta", changed.delta))
        if "desired" in update.state:
            self.link.inbox.extend(messages)
            return []
        return messages


def _message(end, body):
    return f"{SHADOW}/{end}", msgspec.json.encode(body)
