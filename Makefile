# Needs make and Python 3.11 or later; everything else is installed into .venv.
PYTHON ?= python3

VENV := .venv/bin/python
PIP := -m pip --disable-pip-version-check --quiet
# The tests run on all cores, each file on one of them. For single files, starting the workers takes longer than
# it saves. Options in ARGS override these: ARGS='-n 0' runs everything in one process.
PYTEST = -m pytest $(if $(findstring .py,$(ARGS)),,-n auto --dist loadfile) $(ARGS)
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-config

# No other target takes SOURCE: the stubs of `make protos SOURCE=…` stay until the next `make protos`.
ifeq ($(origin SOURCE),command line)
ifeq ($(filter protos protos-diff,$(MAKECMDGOALS)),)
$(error SOURCE is only for protos and protos-diff: run `make protos SOURCE=…` first)
endif
endif

.PHONY: help setup stubs protos protos-diff demo test coverage test-floor test-newest test-frozen check format bench lock clean
.DELETE_ON_ERROR:

help: ## List the targets
	@sed -n 's/^\([a-z][a-z -]*\):.*## /\1\t/p' Makefile | sort | awk -F '\t' '{ printf "  make %-22s %s\n", $$1, $$2 }'

setup: .venv/.package ## Install the tools and the package into .venv; generate the stubs if they are missing

.venv/.tools: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or later is required: run make PYTHON=/path/to/python3 …' >&2; exit 1; }
	@[ ! -x $(VENV) ] || [ '$(origin PYTHON)' = file ] || \
		echo ".venv already exists and uses $$($(VENV) -V 2>&1). To use another Python: make clean setup PYTHON=…"
	@[ -x $(VENV) ] || { echo 'Creating .venv …'; $(PYTHON) -m venv .venv; }
	@echo 'Installing the pinned tools into .venv (takes a minute or more the first time) …'
	@$(VENV) $(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.package: pyproject.toml hatch_build.py .venv/.tools | stubs
	@echo 'Installing the package into .venv (editable) …'
	@$(VENV) $(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

stubs: .venv/.tools
	@$(VENV) -m scripts.protos ensure

protos: .venv/.tools ## Generate the stubs from the pin, or from SOURCE=… (a directory, an image or any buf input)
	@$(VENV) -m scripts.protos build $${SOURCE:+"$$SOURCE"}

protos-diff: .venv/.tools ## Show what SOURCE=… changes compared with the pin; fails if it breaks clients
	@[ -n "$$SOURCE" ] || { echo 'SOURCE is missing: run make protos-diff SOURCE=../zitadel/proto' >&2; exit 1; }
	@$(VENV) -m scripts.protos diff "$$SOURCE"

demo: setup ## Run examples/quickstart.py against the emulator
	@$(VENV) scripts/demo.py

test: setup ## Run the tests; select with ARGS='-k token', skip the slow ones with ARGS='-m "not slow"'
	@echo 'Running the tests …'
	@$(VENV) $(PYTEST)

coverage: setup ## Run the tests and report which lines of the hand-written code they miss; takes ARGS too
	@rm -rf build/coverage
	@echo 'Running the tests with coverage …'
	@$(VENV) -m coverage run $(PYTEST)
	@$(VENV) -m coverage combine --quiet
	@$(VENV) -m coverage report

test-floor: ## Run the tests on the installed wheel with the oldest supported dependencies
test-newest: ## Run the tests on the installed wheel with the newest dependencies
test-floor test-newest: test-%: setup
	@PYTHON='$(PYTHON)' scripts/test_wheel.sh $*

test-frozen: setup ## Freeze the quickstart and the emulator with PyInstaller and run them
	@PYTHON='$(PYTHON)' scripts/test_frozen.sh

check: setup ## Check format, lint, types (mypy and pyright) and import layers
	@echo 'Checking format and lint …'
	@$(VENV) -m ruff format --check --quiet .
	@$(VENV) -m ruff check --quiet .
	@echo 'Checking types …'
	@$(VENV) -m mypy
	@$(VENV) -m pyright
	@echo 'Checking import layers …'
	@.venv/bin/lint-imports --no-logo

format: setup ## Format the code and fix what the linter can fix
	@$(VENV) -m ruff format .
	@$(VENV) -m ruff check --fix .

.venv/.bench: requirements/bench.txt .venv/.tools
	@echo 'Installing the packages that the benchmarks compare with into .venv …'
	@$(VENV) $(PIP) install --require-hashes -r requirements/bench.txt
	@touch $@

bench: setup .venv/.bench ## Run the benchmarks
	@$(VENV) -m benchmarks

lock: ## Update the pinned versions in requirements/ (needs uv)
	@for name in dev floor newest frozen; do \
		[ $$name = dev ] && groups='--group protos --extra dask --extra types' || groups=; \
		UV_CUSTOM_COMPILE_COMMAND='make lock' $(LOCK) --upgrade --extra otel --extra testing $$groups \
			pyproject.toml requirements/$$name.in --output-file requirements/$$name.txt > /dev/null || exit 1; \
	done
	@UV_CUSTOM_COMPILE_COMMAND='make lock' $(LOCK) --upgrade \
		requirements/bench.in --output-file requirements/bench.txt > /dev/null

clean: ## Remove everything that the other targets created
	rm -rf .venv build dist zitadel_grpc/api
