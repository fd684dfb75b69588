# The Python environment of the marts' job on EMR Serverless, as an archive. Build it from the repository's root:
#   docker build --platform linux/amd64 --build-arg BASE_IMAGE=NAME@sha256:DIGEST -f provisioning/container/spark.Dockerfile -t onlooker-spark .
#   docker run --rm onlooker-spark > dist/environment.tar.gz
#   python -m provisioning aws upload --region eu-west-2 --environment dist/environment.tar.gz
#
# BASE_IMAGE is Amazon Linux 2023, the system of the workers, by its digest. Spark itself is not in the archive:
# EMR puts its own on Python's path. The interpreter and its library are, because the workers have another version.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN dnf install --assumeyes python3.11 tar gzip
RUN python3.11 -m venv --copies /opt/environment \
    && cp --recursive /usr/lib64/python3.11/. /opt/environment/lib/python3.11/ \
    && cp --no-dereference /usr/lib64/libpython3.11.so* /opt/environment/lib/
COPY requirements/cloud.txt requirements/build.txt /tmp/
RUN /opt/environment/bin/pip install --require-hashes -r /tmp/cloud.txt
COPY . /src
RUN python3.11 -m venv /opt/build \
    && /opt/build/bin/pip install --only-binary :all: --require-hashes -r /tmp/build.txt \
    && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheel /src \
    && /opt/environment/bin/pip install --no-deps /tmp/wheel/*.whl
RUN rm --force /opt/environment/pyvenv.cfg \
    && tar --create --gzip --file /environment.tar.gz --directory /opt/environment .
CMD ["cat", "/environment.tar.gz"]
