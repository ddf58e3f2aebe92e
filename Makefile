# Every target works on a fresh machine with Python >= 3.10, pip and make.
PYTHON ?= python3
EVENT  ?= events/object-created.json
UV_VERSION := $(shell sed -n 's/.*"uv==\([0-9.]*\)".*/\1/p' pyproject.toml)
BIN := .venv/bin
export CHROMIUM ?= chromium

.DEFAULT_GOAL := help
.PHONY: help setup replay test browser pictures chromium soak fuzz bench lint format readme package packaged deploy undeploy tccli clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: .venv/.synced  ## .venv, from uv.lock; one that is half built, or whose Python is gone, is built anew

# The stamp is gone while .venv is being made: one without it was left half built, and is made anew, as is one whose
# Python runs no more.
ifneq ($(shell $(BIN)/python -c "import sys, pip" 2>/dev/null && echo runs),runs)
.PHONY: .venv/.synced
endif

.venv/.synced: pyproject.toml uv.lock
	@echo "setting up .venv from uv.lock, byte-compiled: half a minute, once" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.12 ...")'
	@test -f $@ && $(BIN)/python -c "import sys, pip" 2>/dev/null || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	@rm -f $@
	@$(BIN)/uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv sync --quiet --frozen --compile-bytecode --python $(BIN)/python
	@touch $@

replay: setup  ## the main job on your own machine: EVENT=events/... picks another event
	@$(BIN)/python -m local replay $(EVENT) --files events/bucket || test $$? = 1  # a refusal is a result, too

test: setup  ## the whole test suite
	@$(BIN)/python -m pytest -n auto --dist worksteal

browser: chromium .venv/.browser  ## the pages in a real browser, Debian's chromium: CHROMIUM=/path/to/another
	@$(BIN)/python -m pytest tests/browser

pictures: chromium .venv/.browser  ## takes the pictures in docs/ anew
	@$(BIN)/python -m tests.browser.pictures docs

chromium:
	@command -v $(CHROMIUM) >/dev/null || { echo "error: there is no browser: apt-get install chromium, or CHROMIUM=/path/to/one" >&2; exit 2; }
	@command -v npm >/dev/null || { echo "error: npm is not installed, by which axe-core comes: apt-get install npm" >&2; exit 2; }

.venv/.browser: .venv/.synced
	@$(BIN)/uv sync --quiet --frozen --python $(BIN)/python --group browser
	@touch $@

soak: setup  ## the function on its platform for minutes, with everything going wrong: SOAK_SEED=4, SOAK_FILES=100, ...
	@$(BIN)/python -m pytest -q -m soak
	@$(BIN)/python -m local.soak

fuzz: setup  ## any bytes at the readers, for minutes: FUZZ="--inputs 1000000 --seed 7"
	@$(BIN)/python -m tests.fuzz $(FUZZ)
	@$(BIN)/python -m tests.tables $(TABLES)

bench: setup  ## how long users wait, how fast and how large it is, in half an hour: BENCH="--quick", BENCH=--write
	@$(BIN)/python -m local.bench $(BENCH)

lint: setup  ## format check, lint, types, lock file
	@$(BIN)/uv lock --quiet --check
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy

format: setup  ## formats the code and mends what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

readme: setup  ## writes the output that README.md and docs/ show anew
	@$(BIN)/python -m local.readme

package: setup  ## what is deployed: build/package/ and build/function.zip, for Python 3.10 on manylinux2014 x86_64
	@$(BIN)/python -m local.package

packaged: setup  ## the tests against the built package, not the checkout, on Python 3.10: VERSIONS=3.13
	@$(BIN)/python -m tests.packaged $(VERSIONS)

deploy: setup  ## make package, then deploys with terraform or scf, with the settings in .env: WAY=scf
	@$(BIN)/python -m local.deploying $(WAY)

undeploy: setup  ## takes back what make deploy made; the bucket, the reports and the groups stay
	@$(BIN)/python -m local.deploying --undo $(WAY)

tccli: .venv/.synced  ## the commands of docs/deploy.md through tccli itself, 700 MB in build/tccli
	@test -x build/tccli/bin/tccli || { $(BIN)/uv venv --quiet --clear build/tccli && $(BIN)/uv pip install --quiet --python build/tccli -r tests/tccli/requirements.txt; }
	@$(BIN)/python -m pytest tests/test_tccli.py

clean:  ## removes everything that make has made
	@rm -rf .venv build out .pytest_cache .mypy_cache .ruff_cache .hypothesis
