"""A camera that streams a video over HTTP on loopback, and can fail."""

import socket
import threading
from contextlib import suppress

HTTP_HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"
PIECES = 40


class LiveCamera:
    """Sends its video to every client, repeatedly, at `fps`, depending on `behaviour`.

    stream: sends the video    stall: accepts and sends nothing
    noise: sends data that is no video    close: closes every connection
    """

    def __init__(self, film_bytes, *, fps=20.0):
        self.film_bytes = film_bytes
        self.behaviour = "stream"
        self.calls = 0
        self.fps = fps
        self._over = threading.Event()
        self._threads = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)
        self.url = f"http://cam:s3cr3t@127.0.0.1:{self._listening.getsockname()[1]}/live.ts"
        self._start(self._serve)

    def close(self):
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _start(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments)
        thread.start()
        self._threads.append(thread)

    def _serve(self):
        while not self._over.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listening.accept()
                if self.behaviour == "close":
                    connection.close()
                else:
                    self.calls += 1
                    self._start(self._send, connection)

    def _send(self, connection):
        with connection, suppress(OSError):
            connection.settimeout(5)
            connection.recv(4096)
            connection.sendall(HTTP_HEAD)
            number = 0
            while not self._over.wait(1 / self.fps) and self.behaviour != "close":
                if self.behaviour == "stream":
                    connection.sendall(self._piece(number))
                    number += 1
                elif self.behaviour == "noise":
                    connection.sendall(b"\x47nonsense" * 100)

    def _piece(self, number):
        size = len(self.film_bytes) // PIECES + 1
        start = number % PIECES * size
        return self.film_bytes[start : start + size]
