# The cloud's programs: stream, serve, fleet, forecast. Build from the repository's root:
#   docker build -f provisioning/container/cloud.Dockerfile -t onlooker-cloud .
#   docker run --rm -p 8080:8080 onlooker-cloud serve --host 0.0.0.0 --database postgresql://...
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/onlooker
COPY requirements/cloud.txt /tmp/cloud.txt
RUN /opt/onlooker/bin/pip install --require-hashes -r /tmp/cloud.txt
COPY . /src
RUN python -m pip wheel --no-deps --wheel-dir /tmp/wheel /src \
    && /opt/onlooker/bin/pip install --no-deps /tmp/wheel/*.whl \
    && /opt/onlooker/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm
# libgomp1: LightGBM's threads
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/onlooker --create-home onlooker
COPY --from=build /opt/onlooker /opt/onlooker
ENV PATH=/opt/onlooker/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER onlooker
WORKDIR /var/lib/onlooker
EXPOSE 8080
ENTRYPOINT ["onlooker-cloud"]
CMD ["--help"]
