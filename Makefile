# Handoff: `make` alone lists what there is.
SHELL := /bin/bash
PY := .venv/bin/python
# One more than there are cores: browsers and killed processes are mostly waited for.
WORKERS ?= $(shell n=$$(nproc); echo $$(( n > 7 ? 8 : n + 1 )))
LOCK := .venv/bin/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11
# Node for the template lint comes pinned from the development lock, as everything else does.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONPATH := .

.PHONY: help system install run test check lint-templates lock bench lighthouse soak clean
help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / - /'

system:  ## install the Debian packages that are missing (as root; otherwise print the command)
	@.ci/system $(or $(purpose),test)

install:  ## make the environment in .venv from the lock; does nothing when it is up to date (base=python3.13)
	@.ci/install $(or $(purpose),dev) $(base)

run: purpose := run
run: system install  ## from a fresh machine to everything running: site, studio, mailbox (PORT=8000)
	.venv/bin/handoff up --demo $(if $(PORT),--port $(PORT))

test: system install  ## every test, on SQLite and PostgreSQL (WORKERS=3, ARGS='-k word')
	$(PY) -m pytest -n $(WORKERS) $(ARGS)

check: install lint-templates  ## ruff, mypy --strict, import contracts, template lint
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

lint-templates: install node_modules/.package-lock.json  ## every mail template, strictly, with npm's mjml
	$(PY) tools/lint_templates.py

node_modules/.package-lock.json: package-lock.json | install
	npm ci --loglevel=error </dev/null
	touch $@

lock: install  ## renew both lock files from pyproject.toml
	$(LOCK) --extra s3 pyproject.toml -o requirements.lock
	$(LOCK) --extra dev --extra s3 pyproject.toml -o requirements-dev.lock

bench: install  ## sending beside its yardsticks in one run, as ratios (BENCH_READERS=50000 BENCH_MANY=1000000 for the full size)
	$(PY) -m tests.bench.table

tools/lighthouse/node_modules/.package-lock.json: tools/lighthouse/package-lock.json | install
	cd tools/lighthouse && npm ci --loglevel=error </dev/null
	touch $@

lighthouse: install tools/lighthouse/node_modules/.package-lock.json  ## Lighthouse over the public pages, in the system's Chromium
	$(PY) -m tests.bench.lighthouse

soak: install  ## the long forms of the tests
	$(PY) -m pytest -n $(WORKERS) -m soak --timeout 3600 $(ARGS)

clean:  ## remove the environment, caches and the demo's data
	rm -rf .venv node_modules tools/lighthouse/node_modules var .peers .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
