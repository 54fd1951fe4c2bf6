# The playground's assets.
FROM node:22-bookworm-slim AS console
WORKDIR /build/console
COPY console/package.json console/package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY console/ ./
RUN npm run build

# The package and its dependencies, at the versions that the lock file pins.
FROM python:3.11-slim-bookworm AS package
WORKDIR /build
RUN python -m venv /opt/trigraph
COPY pyproject.toml hatch_build.py requirements.lock README.md LICENSE ./
COPY gateway/ gateway/
COPY schema/ schema/
COPY resolvers/ resolvers/
COPY adapters/ adapters/
COPY --from=console /build/gateway/console/ gateway/console/
RUN /opt/trigraph/bin/pip install --no-cache-dir -c requirements.lock '.[postgres,telemetry]'

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin trigraph \
    && install -d -o trigraph -g trigraph /data
COPY --from=package /opt/trigraph /opt/trigraph
# Open to the container's network: without TRIGRAPH_API_KEYS the gateway refuses to start.
ENV PATH=/opt/trigraph/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TRIGRAPH_HOST=0.0.0.0 \
    TRIGRAPH_PORT=8000 \
    TRIGRAPH_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 CMD ["python", "-c", \
    "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ['TRIGRAPH_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["trigraph"]
CMD ["serve"]
