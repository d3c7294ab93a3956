# Everything a stranger needs: python3 (3.11 or later), make and git. The first run makes .venv; later ones are quick.
.DEFAULT_GOAL := help
.PHONY: help setup demo console test check properties faults hazards run bench clean lock assets

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help:  ## what there is
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "drip needs Python 3.11 or later; name one with PYTHON=..." >&2; exit 2; }
	@test -x $(BIN)/python || { echo "Making .venv (once)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing what requirements.lock lists (once)"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(READY)  ## make .venv and install everything

demo: $(READY)  ## twelve weeks at an invented clinic, into demo/index.html
	@$(BIN)/drip demo --out demo

console: $(READY)  ## the staff's console at an invented clinic, in your browser
	@$(BIN)/drip demo --console --out demo

test: $(READY)  ## all tests, half of them on SQLite and half on PostgreSQL
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n auto --dist loadgroup

test-all: $(READY)  ## each test on both databases, each page in every look: twice as long
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n auto --dist loadgroup --everything

check: $(READY)  ## style, types, floors, and the shipped content
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/drip check

properties: $(READY)  ## the time rules in every time zone and year, in full (minutes)
	@$(BIN)/python -m pytest tests/core tests/flows/test_any_order.py --hypothesis-profile=full -m "slow or not slow"

faults: $(READY)  ## a thousand workers killed, twenty thousand faults of providers (half an hour); writes docs/faults.md
	@$(BIN)/python -m tests.faults

hazards: $(READY)  ## the pages of docs/clinical-safety, from its hazard-log.yaml
	@$(BIN)/python -m tests.clinical_safety

bench: $(READY)  ## planning and sending, measured
	@$(BIN)/python -m benchmarks

run: $(READY)  ## the worker, in this folder
	@$(BIN)/drip worker

lock: $(READY)  ## maintainers: renew requirements.lock
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-strip-extras --python-version 3.11 --universal --no-header --no-emit-index-url --quiet -o requirements.lock

CONSOLE := drip/web/console
assets:  ## maintainers: rebuild the console's scripts, with node and npm
	@cd $(CONSOLE)/assets && npm ci --ignore-scripts --no-audit --no-fund
	@cd $(CONSOLE)/assets && node_modules/.bin/esbuild editor.js --bundle --minify --format=iife --target=es2020 \
		--banner:js="/* Made from assets/editor.js; licences in THIRD_PARTY.txt */" --outfile=../static/editor.js
	@cp $(CONSOLE)/assets/node_modules/htmx.org/dist/htmx.min.js $(CONSOLE)/static/
	@$(CONSOLE)/assets/licences.sh > $(CONSOLE)/static/THIRD_PARTY.txt
	@cd $(CONSOLE)/static && sha256sum editor.js htmx.min.js THIRD_PARTY.txt > ../assets/SHA256SUMS
	@rm -rf $(CONSOLE)/assets/node_modules

clean:  ## remove what these commands made
	@rm -rf $(VENV) demo dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
