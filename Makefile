# Targets only call the command lines. `make` shows what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
SUITE ?= quick
VENV := .venv
BIN := $(VENV)/bin
LOCK := .ci/constraints.txt
# uv installs faster where it is present; plain pip does the same everywhere else.
INSTALL := $(if $(shell command -v uv 2>/dev/null),VIRTUAL_ENV=$(VENV) uv pip install --quiet,$(BIN)/python -m pip install --quiet --disable-pip-version-check) --constraint $(LOCK)

##@ Use
help: ## show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

doctor: $(VENV)/.collect ## say what can be measured on this machine, and how to get more
	@$(BIN)/eco-collect doctor

collect: $(VENV)/.$(if $(filter quick,$(SUITE)),analysis,workloads) ## run and record a suite on this machine (SUITE=quick|cpu|gpu|paper)
	@$(BIN)/eco-collect suite $(SUITE) $(ARGS)

report: $(VENV)/.analysis ## write reports/ecoanalysis.html and .pdf; collects first if nothing has been collected
	@compgen -G 'data/traces/*.duckdb' >/dev/null || $(BIN)/eco-collect suite quick
	@$(BIN)/eco report $(ARGS)

predict: $(VENV)/.analysis ## predict a configuration: make predict ARGS="--model … --device …"
	@$(BIN)/eco predict $(ARGS)

##@ Develop
setup: $(VENV)/.dev ## install everything that use and development need (without the workloads' frameworks)

test: $(VENV)/.dev ## run the tests
	@$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(VENV)/.dev ## style, types, import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(VENV)/.dev ## measure speed and overhead, as ratios in one run
	@$(BIN)/python -m tests.bench $(ARGS)

clean: ## remove caches, reports and derived data; never traces
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info data/eco.duckdb* data/fits
	find reports -mindepth 1 ! -name README.md -delete

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.collect: pyproject.toml $(LOCK) | $(VENV)/bin/python
	@echo "installing the collectors …"; $(INSTALL) --editable . && touch $@

$(VENV)/.analysis: pyproject.toml $(LOCK) | $(VENV)/bin/python
	@echo "installing the analysis (about a minute the first time) …"; $(INSTALL) --editable '.[analysis]' && touch $@ $(VENV)/.collect

$(VENV)/.workloads: $(VENV)/.analysis
	@echo "installing the workloads' frameworks (several minutes the first time) …"; $(INSTALL) --editable '.[analysis,workloads]' && touch $@

$(VENV)/.dev: $(VENV)/.analysis
	@echo "installing the development tools …"; $(BIN)/python .ci/dev_group.py > $(VENV)/dev.txt && $(INSTALL) --requirement $(VENV)/dev.txt && touch $@

.PHONY: help doctor collect report predict setup test lint bench clean
