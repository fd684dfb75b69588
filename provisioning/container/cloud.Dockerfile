# The cloud's programs: stream, serve, alerts, nightly, fleet; with the portal's pages. Build from the repository's root:
#   docker build --build-arg BASE_IMAGE=NAME@sha256:DIGEST -f provisioning/container/cloud.Dockerfile -t onlooker-cloud .
#   docker run --rm -p 8080:8080 onlooker-cloud serve --host 0.0.0.0 --database postgresql://...
# The target `broker` is Mosquitto with its auth plugin and supervisor. compose.yaml builds both.
#
# BASE_IMAGE has no default: give Python 3.11 on Debian bookworm by its digest, so that the same bytes
# are built every time. `docker pull NAME:TAG` prints the digest, `docker buildx imagetools inspect
# NAME:TAG` also for each platform. Review it, then keep it in the repository variable BASE_IMAGE.
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS dependencies
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/onlooker
COPY requirements/cloud.txt requirements/build.txt requirements/node.txt /tmp/
RUN /opt/onlooker/bin/pip install --require-hashes -r /tmp/cloud.txt
COPY . /src

# The pages, with the Node.js of requirements/node.txt; nothing of Node is in the final image.
FROM dependencies AS portal
RUN python -m venv /opt/node \
    && /opt/node/bin/pip install --only-binary :all: --require-hashes -r /tmp/node.txt \
    && echo /opt/onlooker/lib/python3.11/site-packages > /opt/node/lib/python3.11/site-packages/cloud.pth
WORKDIR /src
RUN sh provisioning/local/portal.sh /opt/node/bin/python

FROM dependencies AS build
COPY --from=portal /src/cloud/portal/bundle /src/cloud/portal/bundle
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --only-binary :all: --require-hashes -r /tmp/build.txt \
    && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheel /src \
    && /opt/onlooker/bin/pip install --no-deps /tmp/wheel/*.whl \
    && /opt/onlooker/bin/pip uninstall --yes pip setuptools

FROM ${BASE_IMAGE} AS runtime
RUN groupadd --system --gid 10001 onlooker \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/onlooker --create-home onlooker
COPY --from=build /opt/onlooker /opt/onlooker
ENV PATH=/opt/onlooker/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/onlooker

FROM runtime AS broker
COPY provisioning/broker/auth_plugin.c /tmp/onlooker/provisioning/broker/
COPY provisioning/local/auth_plugin.sh provisioning/local/ensure.sh /tmp/onlooker/provisioning/local/
# the compiler and its headers are removed again; libssl3 stays, which Mosquitto needs
RUN apt-get update \
    && apt-get install --yes --no-install-recommends mosquitto gcc libc6-dev mosquitto-dev libmosquitto-dev libssl-dev \
    && sh /tmp/onlooker/provisioning/local/auth_plugin.sh /usr/local/lib/onlooker/auth_plugin.so \
    && apt-get purge --yes gcc libc6-dev mosquitto-dev libmosquitto-dev libssl-dev \
    && apt-get autoremove --yes \
    && rm -rf /var/lib/apt/lists/* /tmp/onlooker
RUN mkdir -p /var/lib/onlooker/broker /var/lib/onlooker/ca \
    && chown onlooker:onlooker /var/lib/onlooker/broker /var/lib/onlooker/ca
VOLUME ["/tmp"]
USER 10001:10001
EXPOSE 8883
ENTRYPOINT ["onlooker-provisioning"]
CMD ["broker", "--help"]

FROM runtime AS cloud
# libgomp1: LightGBM's threads
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /var/lib/onlooker/lake /var/lib/onlooker/lake-catalogue \
    && chown onlooker:onlooker /var/lib/onlooker/lake /var/lib/onlooker/lake-catalogue
# temporary files, also of a container with a read-only root file system
VOLUME ["/var/tmp"]
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["onlooker-cloud"]
CMD ["--help"]
