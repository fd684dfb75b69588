"""A settings file of the edge agent with cameras at given addresses."""

import json
from pathlib import Path


def write_config(sources, folder, **more):
    """A settings file with one camera for each source."""
    lines = ["[capture]", "backoff_s = 0.2", "longest_backoff_s = 5.0", "open_timeout_s = 2.0"]
    lines += [f"{name} = {value}" for name, value in more.items()]
    for number, source in enumerate(sources, 1):
        device = f"kx-01-cam-{number}"
        lines += ["[[camera]]", f"source = {json.dumps(source)}", "location = 'KX-01'",
                  f"device = '{device}'", f"outbox = '{folder}/{device}.sqlite3'"]  # fmt: skip
    path = Path(folder, "agent.toml")
    path.write_text("\n".join(lines))
    return path
