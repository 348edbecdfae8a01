# Needs make and Python 3.11 or later; the rest is installed into .venv.
PYTHON ?= python3

VENV := .venv/bin/python
PIP := -m pip --disable-pip-version-check --quiet
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-config

# Nothing else takes it: what `make protos SOURCE=…` made stays until another `make protos`.
ifeq ($(origin SOURCE),command line)
ifeq ($(filter protos protos-diff,$(MAKECMDGOALS)),)
$(error SOURCE is for protos and protos-diff: run `make protos SOURCE=…` first)
endif
endif

.PHONY: help setup stubs protos protos-diff demo test test-floor test-newest test-frozen check format bench lock clean
.DELETE_ON_ERROR:

help: ## Show these targets
	@sed -n 's/^\([a-z][a-z -]*\):.*## /\1\t/p' Makefile | sort | awk -F '\t' '{ printf "  make %-22s %s\n", $$1, $$2 }'

setup: .venv/.package ## Install the tools and the package into .venv, and make the stubs if there are none

.venv/.tools: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or later is needed: make PYTHON=/path/to/python3 …' >&2; exit 1; }
	@[ ! -x $(VENV) ] || [ '$(origin PYTHON)' = file ] || \
		echo ".venv exists and keeps its Python ($$($(VENV) -V 2>&1)); for another: make clean setup PYTHON=…"
	@[ -x $(VENV) ] || { echo 'Making .venv …'; $(PYTHON) -m venv .venv; }
	@echo 'Installing the pinned tools into .venv (about half a minute the first time) …'
	@$(VENV) $(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.package: pyproject.toml hatch_build.py .venv/.tools | stubs
	@echo 'Installing the package into .venv (editable) …'
	@$(VENV) $(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

stubs: .venv/.tools
	@$(VENV) -m scripts.protos ensure

protos: .venv/.tools ## Make the stubs, of the pin or of SOURCE=… (a directory, an image, an input of buf)
	@$(VENV) -m scripts.protos build $${SOURCE:+"$$SOURCE"}

protos-diff: .venv/.tools ## Only tell what SOURCE=… changes against the pin; fails if that breaks clients
	@[ -n "$$SOURCE" ] || { echo 'protos-diff needs a SOURCE: make protos-diff SOURCE=../zitadel/proto' >&2; exit 1; }
	@$(VENV) -m scripts.protos diff "$$SOURCE"

demo: setup ## Run examples/quickstart.py against the emulator
	@$(VENV) scripts/demo.py

test: setup ## Run the tests; ARGS='-k token' for some of them
	@echo 'Running the tests …'
	@$(VENV) -m pytest $(ARGS)

test-floor: ## Run the tests on the installed wheel, with the oldest versions of its dependencies
test-newest: ## The same with the newest versions
test-floor test-newest: test-%: setup
	@PYTHON='$(PYTHON)' scripts/test_wheel.sh $*

test-frozen: setup ## Freeze the quickstart and the emulator with PyInstaller, and run them
	@PYTHON='$(PYTHON)' scripts/test_frozen.sh

check: setup ## Check format, lint, types (mypy and pyright) and layers
	@echo 'Checking format and lint …'
	@$(VENV) -m ruff format --check --quiet .
	@$(VENV) -m ruff check --quiet .
	@echo 'Checking types …'
	@$(VENV) -m mypy
	@$(VENV) -m pyright
	@echo 'Checking layers …'
	@.venv/bin/lint-imports --no-logo

format: setup ## Format the code, and mend what the linter can
	@$(VENV) -m ruff format .
	@$(VENV) -m ruff check --fix .

.venv/.bench: requirements/bench.txt .venv/.tools
	@echo 'Installing what the benchmarks compare with (requirements/bench.txt) into .venv …'
	@$(VENV) $(PIP) install --require-hashes -r requirements/bench.txt
	@touch $@

bench: setup .venv/.bench ## Run the benchmarks
	@$(VENV) -m benchmarks

lock: ## Move the pins of the development tools (needs uv)
	@for name in dev floor newest frozen; do \
		[ $$name = dev ] && groups='--group protos --extra dask --extra types' || groups=; \
		UV_CUSTOM_COMPILE_COMMAND='make lock' $(LOCK) --upgrade --extra otel --extra testing $$groups \
			pyproject.toml requirements/$$name.in --output-file requirements/$$name.txt > /dev/null || exit 1; \
	done
	@UV_CUSTOM_COMPILE_COMMAND='make lock' $(LOCK) --upgrade \
		requirements/bench.in --output-file requirements/bench.txt > /dev/null

clean: ## Remove all that the other targets made
	rm -rf .venv build dist zitadel_grpc/api
