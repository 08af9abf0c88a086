# `make` lists the targets. They share the environment .venv, made on first use from constraints.txt
# and refreshed when pyproject.toml or constraints.txt change.
PYTHON ?= python3
PIP_ARGS ?=

BIN := .venv/bin
INSTALL = $(BIN)/python -m pip install $(PIP_ARGS) -c constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test newest slow lint format tables book bench clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile
	@echo "Another interpreter: make demo PYTHON=python3.12. More words for pip: make demo PIP_ARGS=\"...\""

demo: .venv/.core ## Train a network on delayed match-to-sample and draw what it learned
	$(BIN)/cogdyn train DelayMatchSample

test: .venv/.dev ## Run the tests, without the slow ones
	$(BIN)/pytest -m "not slow" -n 2

newest: ## Run the same tests with the newest of everything, in .venv/newest; PYTHON names the interpreter
	$(PYTHON) -m venv --clear .venv/newest
	.venv/newest/bin/python -m pip install $(PIP_ARGS) -e '.[test]'
	.venv/newest/bin/pytest -m "not slow" -n 2

slow: .venv/.dev ## Run the slow tests: wheel, book, long trainings
	$(BIN)/pytest -m slow -n 2 --dist loadfile

lint: .venv/.dev ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright

format: .venv/.dev ## Mend style where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

tables: .venv/.core ## Write the tables of README and command line anew, after a change of tasks or rules
	$(BIN)/python tests/tables.py

book: .venv/.dev ## Build the book
	$(BIN)/cogdyn book

bench: .venv/.core .venv/.peers ## Measure speed, beside NeuroGym where it installs
	$(BIN)/python tests/benchmark.py

clean: ## Remove what was built; .venv and runs stay
	rm -rf build dist *.egg-info book/_build book/vendor .jupyter_cache .pytest_cache .ruff_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

.venv/pyvenv.cfg:
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('cogdyn needs Python 3.11 or newer; \
	$(PYTHON) is ' + sys.version.split()[0] + '. Name a newer one: make PYTHON=python3.12')"
	$(PYTHON) -m venv .venv

.venv/.core: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(INSTALL) -e '.[fast]'
	@touch $@

# NeuroGym needs an older Gymnasium, so the peers have an environment of their own; the torch they import is ours.
.venv/.peers: .venv/.core
	-$(PYTHON) -m venv .venv/peers && .venv/peers/bin/python -m pip install $(PIP_ARGS) neurogym==2.3.1 "gymnasium[classic-control]" && \
	.venv/peers/bin/python -m pip install $(PIP_ARGS) --no-deps nn4n==1.1.1 && \
	$(BIN)/python -c "import site; print(site.getsitepackages()[0])" > \
	"$$(.venv/peers/bin/python -c 'import site; print(site.getsitepackages()[0])')/torch-of-cogdyn.pth"
	@touch $@

.venv/.dev: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(INSTALL) -e '.[dev]'
	@touch .venv/.core $@
