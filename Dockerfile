# Two stages: the first installs the lock that servers run (no test tools), the second carries only the result.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /opt/handoff
COPY requirements.lock ./
RUN /opt/handoff/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md publication.toml ./
COPY app app
COPY worker worker
COPY migrations migrations
COPY emails emails
COPY guides guides
# Editable, because templates, mails, guides and migrations are read beside the code.
RUN /opt/handoff/bin/pip install --no-deps --no-build-isolation --no-index -e . \
 && /opt/handoff/bin/python -m compileall -q app worker

FROM python:3.11-slim-bookworm
RUN useradd --system --home-dir /data --shell /usr/sbin/nologin handoff \
 && install -d -o handoff -g handoff -m 0700 /data
COPY --from=build /opt/handoff /opt/handoff
COPY --from=build /app /app
COPY --chmod=0755 tools/entrypoint /usr/local/bin/entrypoint
ENV PATH=/opt/handoff/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HANDOFF_DATA_DIR=/data
WORKDIR /app
EXPOSE 8080 8025
STOPSIGNAL SIGTERM
ENTRYPOINT ["entrypoint"]
CMD ["handoff", "up", "--host", "0.0.0.0", "--port", "8080"]
