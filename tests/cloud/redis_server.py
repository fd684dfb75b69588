"""A real Redis of a test's own, on a socket of its own, that can be ended and started again."""

import subprocess
from pathlib import Path


class RedisServer:
    """Empty whenever it starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/redis.sock"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", "0", "--unixsocket", f"{self.folder}/redis.sock"]
        self._process = subprocess.Popen(
            [*command, "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        output = []
        for line in self._process.stdout:
            output.append(line)
            if "ready to accept connections" in line.lower():
                return
        raise AssertionError("redis-server did not start: " + "".join(output))

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
