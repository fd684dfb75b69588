# The cloud's programs: stream, serve, fleet, forecast. Build from the repository's root:
#   docker build --build-arg BASE_IMAGE=NAME@sha256:DIGEST -f provisioning/container/cloud.Dockerfile -t onlooker-cloud .
#   docker run --rm -p 8080:8080 onlooker-cloud serve --host 0.0.0.0 --database postgresql://...
#
# BASE_IMAGE has no default: give Python 3.11 on Debian bookworm by its digest, so that the same bytes
# are built every time. `docker pull NAME:TAG` prints the digest, `docker buildx imagetools inspect
# NAME:TAG` also for each platform. Review it, then keep it in the repository variable BASE_IMAGE.
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/onlooker
COPY requirements/cloud.txt requirements/build.txt /tmp/
RUN /opt/onlooker/bin/pip install --require-hashes -r /tmp/cloud.txt
COPY . /src
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --only-binary :all: --require-hashes -r /tmp/build.txt \
    && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheel /src \
    && /opt/onlooker/bin/pip install --no-deps /tmp/wheel/*.whl \
    && /opt/onlooker/bin/pip uninstall --yes pip setuptools

FROM ${BASE_IMAGE}
# libgomp1: LightGBM's threads
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/onlooker --create-home onlooker
COPY --from=build /opt/onlooker /opt/onlooker
ENV PATH=/opt/onlooker/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# temporary files, also of a container with a read-only root file system
VOLUME ["/var/tmp"]
USER onlooker
WORKDIR /var/lib/onlooker
EXPOSE 8080
ENTRYPOINT ["onlooker-cloud"]
CMD ["--help"]
