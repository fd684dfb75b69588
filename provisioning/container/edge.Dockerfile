# The camera's agent. Build from the repository's root, for the board it will run on:
#   docker buildx build --platform linux/arm64,linux/amd64 -f provisioning/container/edge.Dockerfile -t onlooker-edge .
#   docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -v onlooker:/var/lib/onlooker -v /etc/onlooker:/etc/onlooker:ro \
#     onlooker-edge run --config /etc/onlooker/agent.toml --broker mqtts://mqtt.example.org
# A USB camera needs --device /dev/video0 --group-add video, a light sensor --device /dev/i2c-1.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/onlooker
COPY requirements/edge.txt /tmp/edge.txt
# Wheels alone: a board compiles nothing, and what is installed is what was pinned.
RUN /opt/onlooker/bin/pip install --only-binary :all: --require-hashes -r /tmp/edge.txt
COPY . /src
RUN python -m pip wheel --no-deps --wheel-dir /tmp/wheel /src \
    && /opt/onlooker/bin/pip install --no-deps /tmp/wheel/*.whl \
    && /opt/onlooker/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10002 --home-dir /var/lib/onlooker --create-home onlooker
COPY --from=build /opt/onlooker /opt/onlooker
ENV PATH=/opt/onlooker/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER onlooker
WORKDIR /var/lib/onlooker
VOLUME /var/lib/onlooker
ENTRYPOINT ["onlooker-edge"]
CMD ["--help"]
