# The images of docker-compose.yaml: "airflow" has Airflow and this project; "local" also the stand-in and the demo.
# Without --target, "airflow" is built. A digest names exactly these bytes, whatever the tag says later; make
# image-digests prints the current ones.
FROM apache/airflow:3.3.2-python3.12@sha256:9df9c8be4096b9cc626bd7cb1f2b8c712eef66c59c615f8c7e6200871ca10bd1 AS base
# Fails if the digest is that of another version. Without -q, grep reads to the end: the shell of the image has pipefail.
RUN airflow version | grep -x 3.3.2 && python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))'
# Volumes that are mounted here get these permissions. The containers run as any user of the group 0.
USER root
RUN install -d -o airflow -g 0 -m 0775 /opt/airflow/auth /opt/stand-in /opt/stand-in/tls
USER airflow

FROM base AS build
COPY --chown=airflow:0 requirements-local.txt /build/
RUN pip install --no-cache-dir --require-hashes -r /build/requirements-local.txt
COPY --chown=airflow:0 pyproject.toml README.md CHANGELOG.md LICENSE /build/
COPY --chown=airflow:0 plugins /build/plugins
COPY --chown=airflow:0 standin /build/standin
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /build/dist /build /build/standin

FROM base AS local
COPY --chown=airflow:0 requirements-local.txt /opt/sparkify/
RUN pip install --no-cache-dir --require-hashes -r /opt/sparkify/requirements-local.txt
RUN --mount=from=build,source=/build/dist,target=/dist pip install --no-cache-dir --no-deps /dist/redshift_standin-*.whl
COPY --chown=airflow:0 local /opt/sparkify/local
COPY --chown=airflow:0 docs/copy-role-boundary.json /opt/sparkify/docs/
WORKDIR /opt/sparkify

FROM base AS airflow
COPY --chown=airflow:0 requirements-image.txt /opt/airflow/
RUN pip install --no-cache-dir --require-hashes -r /opt/airflow/requirements-image.txt
RUN --mount=from=build,source=/build/dist,target=/dist pip install --no-cache-dir --no-deps /dist/sparkify_warehouse-*.whl
COPY --chown=airflow:0 dags /opt/airflow/dags
COPY --chown=airflow:0 include /opt/airflow/include
COPY --chown=airflow:0 plugins/sparkify_defaults.py plugins/sparkify_warehouse.py /opt/airflow/plugins/
COPY --chown=airflow:0 compose /opt/airflow/compose
