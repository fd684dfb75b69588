"""What a journey does to the server from outside: actions by name, on an address of their own."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Action = Callable[[], Any]


@contextmanager
def serve_controls(actions: Mapping[str, Action]) -> Iterator[str]:
    """The address at which `POST /NAME` runs an action and answers with its result as JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            result = json.dumps(actions[self.path.removeprefix("/")]()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(result)))
            self.end_headers()
            self.wfile.write(result)

        def log_message(self, *_: Any) -> None:
            """Nothing: journeys report what they find."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
