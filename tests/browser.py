"""A headless Chromium for tests, controlled by the DevTools protocol.

Each page has its own profile, and records its errors and its requests.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first has no windows, and takes a third of the processor time for each page."""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-port=0",
)  # fmt: skip
REMEDY = "no Chromium is installed: `make browser` installs it, or apt-get install chromium"
PATIENCE_S = 60.0


def find_chromium() -> str:
    """The path of the first of `PROGRAMS` that is installed."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program is not None, REMEDY
    return program


class NotThereError(AssertionError):
    """The value is not in the page, or the page is being replaced."""


class Browser:
    """One process of Chromium with an empty profile."""

    def __init__(self, folder: Path) -> None:
        command = [find_chromium(), *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._open = ExitStack()
        self._socket = self._open.enter_context(
            connect(self._address(), max_size=None, compression=None)
        )
        self._number = 0
        self._pages: dict[str, Page] = {}

    def stop(self) -> None:
        self._open.close()
        os.killpg(self._process.pid, signal.SIGKILL)  # the program may be a script that starts it
        self._process.communicate()

    @contextmanager
    def page(self) -> Iterator["Page"]:
        """An empty page with its own storage."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.ask("Target.attachToTarget", flatten=True, **target)
        page = self._pages[attached["sessionId"]] = Page(self, attached["sessionId"])
        for domain in ("Runtime", "Log", "Network", "Page"):
            page.ask(f"{domain}.enable")
        yield page
        self.ask("Target.disposeBrowserContext", browserContextId=context)

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method and return its result; events received meanwhile go to their pages."""
        self._number += 1
        wanted = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(wanted | ({"sessionId": session} if session else {})))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if message.get("id") == self._number:
                if "error" in message:
                    raise NotThereError(str(message["error"]))
                result: dict[str, Any] = message["result"]
                return result
            if message.get("sessionId") in self._pages:
                self._pages[message["sessionId"]].record_event(message["method"], message["params"])

    def _address(self) -> str:
        assert self._process.stderr is not None
        lines = []
        for line in self._process.stderr:
            lines.append(line)
            if "listening on ws://" in line:
                return line.partition("listening on ")[2].strip()
        raise AssertionError("Chromium did not start: " + "".join(lines))


@dataclass
class Page:
    """One page and what was recorded in it."""

    browser: Browser
    session: str
    faults: list[str] = field(default_factory=list)
    """Exceptions, and what was written to the console as an error."""
    refused: list[str] = field(default_factory=list)
    """What the browser logged of the network or of its policies."""
    fetched: list[str] = field(default_factory=list)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.ask(method, self.session, **parameters)

    def open(self, address: str) -> None:
        self.ask("Page.navigate", url=address)

    def value(self, expression: str) -> Any:
        """The value of an expression in the page; an exception there is one here."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True,
                          awaitPromise=True)  # fmt: skip
        if "exceptionDetails" in answer:
            raise NotThereError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def until(self, expression: str) -> Any:
        """Its value once it is true; a document that is still coming has not got it yet."""
        ends_s = time.monotonic() + PATIENCE_S
        while True:
            with suppress(NotThereError):
                if value := self.value(expression):
                    return value
            assert time.monotonic() < ends_s, (expression, self.faults, self.refused, self.text())
            time.sleep(0.05)

    def text(self) -> str:
        """What can be read on the page."""
        text: str = self.value("document.body ? document.body.innerText : ''")
        return text

    def record_event(self, method: str, event: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.faults.append(json.dumps(event["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "assert"):
            self.faults.append(json.dumps(event["args"]))
        elif method == "Log.entryAdded" and event["entry"]["level"] == "error":
            self.refused.append(event["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.fetched.append(event["request"]["url"])
