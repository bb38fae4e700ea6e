# The two commands: `make demo` shows what the plugin does, `make test` checks that it does it.
# Both work in a fresh clone with nothing but Python 3.11 or newer; say PYTHON=… to choose which.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Hundreds of tests start pytest anew: without kept byte code each start compiles everything.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?=
VENV ?= .venv
# More than two cores have, since many tests wait for servers and for pytest inside pytest.
WORKERS ?= 4
REPORT_DIR ?= arena-report
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check install -qq --no-compile
# pip compiles on one core alone, this on all of them; some packages hold files of another Python,
# which do not compile and are not imported.
COMPILE = $(RUN) -m compileall -q -j 0 $(VENV)/lib >/dev/null || true

.PHONY: help demo test check coverage screenshots benchmark clean

help:
	@echo "make demo         run the example arenas offline and write a report"
	@echo "make test         every check and every test, as CI runs them"
	@echo "make check        format, lint, types and layers only"
	@echo "make coverage     the tests alone, and which lines they reach (twice as long)"
	@echo "make screenshots  take the pictures of the README again (needs chromium)"
	@echo "make benchmark    measure against bare clients (a few minutes)"
	@echo "make clean        remove what these commands made, $(VENV) included"

# The virtual environment: the first Python found that is new enough.
$(VENV)/bin/python:
	@for candidate in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) with $$("$$candidate" --version)"; \
	    exec "$$candidate" -m venv "$(VENV)"; \
	  fi; \
	done; \
	echo "no Python 3.11 or newer found; install one, or say where it is: make PYTHON=/path/to/python" >&2; \
	exit 1

# Stamps: a second call installs nothing unless pyproject.toml has changed.
$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "installing pytest-arena into $(VENV)"
	@$(PIP) --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	@echo "installing pytest-arena and its development tools into $(VENV)"
	@$(PIP) --editable '.[dev]'
	@$(COMPILE)
	@touch $@ $(VENV)/.installed

# Exit code 1 means that cells failed, and here some should: the cheaper models are wrong on purpose.
demo: $(VENV)/.installed
	@code=0; \
	$(RUN) -m pytest --arena arenas/quickstart arenas/formats/arena.yaml -rN \
	  --arena-report-dir "$(REPORT_DIR)" || code=$$?; \
	if [ "$$code" -gt 1 ]; then exit "$$code"; fi; \
	test -s "$(REPORT_DIR)/report.html"; \
	echo; \
	echo "The failures above are part of the demo: three mock models of different quality, speed and"; \
	echo "price answered the same cases, and each got some wrong, the cheap one most."; \
	echo "Open the report: $(REPORT_DIR)/report.html"

check: $(VENV)/.installed-dev
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-cache --config pyproject.toml

# The slow tests are neighbours: worksteal shares them out again where one worker has most of them.
PYTEST = $(RUN) -m pytest -n $(WORKERS) --dist worksteal --durations=10

# pytest comes last, so that its closing line is the last line of the output.
test: check
	@$(PYTEST) --junitxml=build/test-results.xml

# Apart from the tests, since tracing doubles the processor time of what runs in one process.
coverage: $(VENV)/.installed-dev
	@$(PYTEST) --cov --cov-report=term:skip-covered

screenshots: $(VENV)/.installed-dev
	@$(RUN) docs/make_screenshots.py

benchmark: $(VENV)/.installed-dev
	@$(RUN) benchmarks/run.py

clean:
	rm -rf $(VENV) $(REPORT_DIR) build dist .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache
