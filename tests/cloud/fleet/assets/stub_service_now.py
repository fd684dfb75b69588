"""A server on loopback that speaks the part of the Table API which the client uses."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

PREFIX = "/api/now/table/cmdb_ci_hardware"
CREDENTIALS = "Basic " + b64encode(b"ann:p@ss").decode()


@dataclass
class StubServiceNow:
    """The records by `sys_id`, and the requests that were answered."""

    port: int = 0
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(target)
        self.requests.append(method)
        if not parts.path.startswith(PREFIX):
            return 404, {"error": {"message": "Invalid table"}}
        if method == "GET":
            query = parse_qs(parts.query)
            first, most = (int(query[f"sysparm_{name}"][0]) for name in ("offset", "limit"))
            rows = sorted(self.records.values(), key=lambda row: row["name"])
            return 200, {"result": rows[first : first + most]}
        sys_id = parts.path.removeprefix(PREFIX).strip("/") or f"id{len(self.records)}"
        self.records.setdefault(sys_id, {"sys_id": sys_id}).update(json.loads(body))
        return 201 if method == "POST" else 200, {"result": self.records[sys_id]}


@contextmanager
def running() -> Iterator[StubServiceNow]:
    stub = StubServiceNow()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") == CREDENTIALS:
                status, answer = stub.answer(self.command, self.path, body)
            else:
                status, answer = 401, {"error": {"message": "User Not Authenticated"}}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - names of the base class

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub.port = server.server_address[1]
        thread = Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()
