# Everything a fresh clone needs; `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q -c constraints.txt
WORKERS ?= 2
PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))

.DEFAULT_GOAL := help
.PHONY: help demo test lint test-plugins test-install test-slow test-slurm test-accelerator clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  PYTHON=python3.12 chooses the interpreter of a new .venv"

demo: $(VENV)/.installed ## install into .venv and train the default experiment
	$(BIN)/rnnlab train experiment=digits_rows

test: $(VENV)/.installed-dev lint ## lint, types, import contracts and tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) -m "not install and not accelerator and not slow and not slurm" tests

test-plugins: $(VENV)/.installed-dev ## the tests that the packages below plugins/ bring
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) -m "not install and not accelerator and not slow" plugins

lint: $(VENV)/.installed-dev ## lint, types and import contracts only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-slow: $(VENV)/.installed-dev ## processes killed, servers stopped, a Ray cluster, PostgreSQL, whole sweeps
	@test -d /usr/lib/postgresql || (apt-get update -q && apt-get install -q -y postgresql)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) -m "slow and not slurm" --timeout 600

test-slurm: $(VENV)/.installed-dev ## real jobs on a one-node Slurm, which Debian's root installs here
	@PATH="$$PATH:/usr/sbin"; command -v munged > /dev/null && command -v slurmctld > /dev/null \
		|| (apt-get update -q && apt-get install -q -y munge slurm-wlm)
	OMP_NUM_THREADS=1 RNNLAB_TEST_SLURM=1 $(BIN)/python -m pytest -m slurm --timeout 600

test-install: $(VENV)/.installed-dev ## build the wheel and use it in fresh environments
	$(BIN)/python -m pytest -m install --timeout 1500

test-accelerator: $(VENV)/.installed-dev ## the tests that need cuda or mps
	$(BIN)/python -m pytest -m accelerator

clean: ## remove .venv, caches and builds; outputs/ stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The stamps are what make a second call quick.
$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing into $(VENV): a minute or two, the first time"
	$(PIP) -e .
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt $(PLUGINS:%=%/pyproject.toml) | $(VENV)/bin/python
	@echo "installing into $(VENV): a minute or two, the first time"
	$(PIP) -e '.[dev,all]' $(PLUGINS:%=-e './%[dev]')
	touch $(VENV)/.installed $@
