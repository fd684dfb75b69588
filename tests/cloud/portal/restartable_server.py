"""An application on one port of loopback that a journey stops and starts again.

Each start makes the application anew: what it had in memory is lost, as with a new process.
"""

import socket
import threading
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI


class RestartableServer:
    """`start` and `stop` alternate; the port stays the same."""

    def __init__(self, new_app: Callable[[], FastAPI]) -> None:
        self._new_app = new_app
        self._port = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Serve a new application."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(self._new_app(), log_config=None, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, args=(self._server, listener))
        self._thread.start()

    def stop(self) -> None:
        """End every connection and free the port."""
        self._server.should_exit = True
        self._server.force_exit = True  # streams of events never end by themselves
        self._thread.join()

    def _serve(self, server: uvicorn.Server, listener: socket.socket) -> None:
        with listener:
            server.run(sockets=[listener])
