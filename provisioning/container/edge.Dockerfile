# The camera's agent. Build from the repository's root, for the board it will run on:
#   docker buildx build --platform linux/arm64,linux/amd64 --build-arg BASE_IMAGE=NAME@sha256:DIGEST -f provisioning/container/edge.Dockerfile -t onlooker-edge .
#   docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -v onlooker:/var/lib/onlooker -v /etc/onlooker:/etc/onlooker:ro \
#     onlooker-edge run --config /etc/onlooker/agent.toml --broker mqtts://mqtt.example.org
# A USB camera needs --device /dev/video0 --group-add video, a light sensor --device /dev/i2c-1.
#
# BASE_IMAGE has no default: give Python 3.11 on Debian bookworm by its digest, so that the same bytes
# are built every time. `docker pull NAME:TAG` prints the digest, `docker buildx imagetools inspect
# NAME:TAG` also for each platform. Review it, then keep it in the repository variable BASE_IMAGE.
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/onlooker
COPY requirements/edge.txt requirements/build.txt /tmp/
# Wheels only: nothing is compiled, and only pinned packages are installed.
RUN /opt/onlooker/bin/pip install --only-binary :all: --require-hashes -r /tmp/edge.txt
COPY . /src
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --only-binary :all: --require-hashes -r /tmp/build.txt \
    && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheel /src \
    && /opt/onlooker/bin/pip install --no-deps /tmp/wheel/*.whl \
    && /opt/onlooker/bin/pip uninstall --yes pip setuptools

FROM ${BASE_IMAGE}
RUN useradd --system --uid 10002 --home-dir /var/lib/onlooker --create-home onlooker
COPY --from=build /opt/onlooker /opt/onlooker
ENV PATH=/opt/onlooker/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER onlooker
WORKDIR /var/lib/onlooker
VOLUME /var/lib/onlooker
ENTRYPOINT ["onlooker-edge"]
CMD ["--help"]
