# Handoff: `make` alone lists what there is.
SHELL := /bin/bash
PY := .venv/bin/python

.PHONY: help check lock
help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / - /'

check:  ## ruff, mypy --strict, import contracts, template lint
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	PYTHONPATH=. .venv/bin/lint-imports

lock:  ## renew both lock files from pyproject.toml
	.venv/bin/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	.venv/bin/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra dev --extra s3 pyproject.toml -o requirements-dev.lock
