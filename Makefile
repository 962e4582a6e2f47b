# Everything that can be done with this repository; `make` alone says what.
# Needs Python 3.11 or newer with pip; the rest comes from PyPI into .tools and .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test long-test check format bench browser-test npm-test guards chaos bench-bulk fuzz clean
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv),.tools/bin/uv)
BIN := .venv/bin
READY := .venv/.ready
CLIENTS := tests/npm/node_modules/.package-lock.json
PEERS := tests/benchmarks/peers/node_modules/.package-lock.json

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(READY) ## demo companies on http://127.0.0.1:8000, nothing to set up; Ctrl-C ends it
	@exec $(BIN)/gateway demo

test: $(READY) ## all tests but those that need a browser or npm
	@$(BIN)/pytest -n 2

long-test: $(READY) ## 10,000 random operations answered like graphql-core, 100,000 documents in bounded memory, 1,000 keys, bulk changes in 300 orders of steps
	@OPERATIONS=10000 DOCUMENTS=100000 KEYS=1000 MACHINES=300 $(BIN)/pytest tests/unit/execution tests/schema/test_equality.py \
		tests/e2e/test_idempotency.py tests/services/test_bulk_machine.py

check: $(READY) ## format, lint, types, import contracts, schema snapshot, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/gateway export-schema | diff -u schema/schema.graphql -
	@$(MAKE) test

format: $(READY) ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) $(PEERS) ## measure against other GraphQL servers; needs npm, writes docs/benchmark.*
	@$(BIN)/python -m tests.benchmarks

bench-bulk: $(READY) ## a bulk change of 100,000 numbers by three workers, while others read; writes docs/bulk-benchmark.md
	@$(BIN)/python -m tests.benchmarks.bulk

browser-test: $(READY) ## tests that drive Chromium
	@$(BIN)/pytest -m browser

chaos: $(READY) ## kill and freeze workers, stop PostgreSQL, lose orders, hundreds of times, under bulk changes (SEED=… repeats that); replace web processes under load
	@$(BIN)/pytest -s -m chaos

guards: $(READY) ## delete each guard of the services in turn: a test must turn red; some minutes
	@$(BIN)/python -m tests.guards

fuzz: $(READY) ## Schemathesis asks what the schema allows, Clairvoyance spies on it as a stranger; SECONDS=120
	@$(BIN)/python -m tests.fuzz $(UV)

npm-test: $(READY) $(CLIENTS) ## audits, linters and clients that strangers wrote; needs npm
	@$(BIN)/pytest -m npm

clean: ## forget the environment and the tools; the data in .gateway stay
	rm -rf .venv .tools

# The system's own Python comes first, where it is new enough: see docs/decisions/0013.
$(READY): requirements.lock pyproject.toml $(filter .tools/%,$(UV))
	@echo "Setting up .venv"
	@test -x $(BIN)/python || PATH=/usr/bin:$$PATH $(UV) venv --quiet --no-python-downloads --python '>=3.11' .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(CLIENTS): tests/npm/package-lock.json
	@npm ci --silent --prefix tests/npm
	@touch $@

$(PEERS): tests/benchmarks/peers/package-lock.json
	@npm ci --silent --prefix tests/benchmarks/peers
	@touch $@

.tools/bin/uv:
	@echo "Setting up uv in .tools"
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target .tools uv==$(UV_VERSION)
