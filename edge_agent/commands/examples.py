"""One example for the help of each command of `python -m edge_agent`."""

from typing import Final

EXAMPLES: Final = (
    "run --source rtsp://camera.local/live --location KX-01 --device kx-01-cam-1",
    "check --source rtsp://camera.local/live --location KX-01 --device kx-01-cam-1",
    "enrol --cert batch-7.crt --broker mqtt.example.org --device kx-01-cam-1",
)
