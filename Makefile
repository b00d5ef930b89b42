# Backroom: everything runs from .venv, which is made on demand from requirements.lock.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
STAMP := .venv/.installed
GOOGLE := build/.google
PIP := PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet
CODE := chassis services console bench tests protos/generate.py

# The first Python that will do: >= 3.11 with the venv module complete. PYTHON=… names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $$python && break; done)

.PHONY: help setup run test test-servers check lint types imports protos stubs-fresh buf format bench-setup lock clean

help: ## Shows this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## Makes .venv from requirements.lock; does nothing when it is up to date

$(STAMP): pyproject.toml requirements.lock
	@[ -n "$(PYTHON)" ] || { echo "Backroom needs Python 3.11 or newer with its venv module" \
		"(on Debian: apt install python3-venv); make setup PYTHON=/path/to/python names another one." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "making .venv" && $(PYTHON) -m venv --clear .venv; }
	@echo "installing requirements.lock"
	@$(PIP) --no-deps --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## Runs tonight on a real chain's sales, then serves until Ctrl-C (DAYS=, STORES=, ONCE=1, VAR=)
	@$(BIN)/backroom $(if $(VAR),--var $(VAR)) demo $(if $(DAYS),--days $(DAYS)) $(if $(STORES),--stores $(STORES)) $(if $(ONCE),--once)

test: setup ## Runs every test (ARGS= is passed to pytest)
	@$(BIN)/python -m pytest $(ARGS)

test-servers: setup ## Runs the tests against Debian's servers; as root it installs those that are missing
	@tests/servers/install.sh
	@$(BIN)/python -m pytest tests/servers $(ARGS)

check: lint types imports stubs-fresh buf ## Runs every check that is not a test

lint: setup ## Style: ruff's rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: setup $(GOOGLE) ## Types: mypy, strict
	@$(BIN)/mypy

imports: setup ## Architecture: who may import whom
	@$(BIN)/lint-imports --no-logo

protos: setup ## Generates protos/gen from the contracts
	@$(BIN)/python protos/generate.py && touch $(GOOGLE)

stubs-fresh: setup ## protos/gen is what the contracts say
	@$(BIN)/python protos/generate.py --check && touch $(GOOGLE)

buf: setup $(GOOGLE) ## Style of the contracts: buf lint
	@$(BIN)/buf lint

$(GOOGLE): requirements.lock protos/generate.py | setup
	@$(BIN)/python protos/generate.py --google && touch $@

format: setup ## Mends what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

bench-setup: setup ## Adds the libraries and programs that the benchmarks compare with
	@$(PIP) --no-deps --require-hashes --requirement bench/requirements.lock
	@tests/servers/install.sh bench/packages.txt

lock: ## Renews requirements.lock and bench/requirements.lock from what they were made of
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv $$folder \
	&& $$folder/bin/pip install --quiet --disable-pip-version-check uv \
	&& compile="$$folder/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --upgrade" \
	&& $$compile --all-extras pyproject.toml --output-file requirements.lock \
	&& $$compile bench/requirements.in --constraints requirements.lock --output-file bench/requirements.lock

clean: ## Removes the environment, caches and builds; what a run wrote (var/) stays
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
