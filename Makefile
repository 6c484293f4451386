VENV        ?= .venv
PYTHON      ?= python3
PROCESSES   ?= 2
DEMO        ?= experiment=nqos_split_twin steps=512000 seed=1
BIN         := $(VENV)/bin
INSTALLED   := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test test-long clean

help: ## Show this help
	@grep -E '^[A-Za-z0-9_.-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(INSTALLED) ## Set up everything, train PPO on the twin of nqos_split, meet ns-3 (DEMO="..." changes the overrides)
	$(BIN)/netgym train $(DEMO)

test: $(INSTALLED) ## Set up everything and run ruff, mypy, clang-format and pytest
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	find netgym_cli benchmarks -name '*.cc' -o -name '*.h' | xargs $(BIN)/clang-format --dry-run --Werror
	$(BIN)/pytest -n $(PROCESSES) --maxschedchunk 1 -m "not long" --durations=25

test-long: $(INSTALLED) ## Set up everything and run the tests that take too long for every change
	$(BIN)/pytest -n $(PROCESSES) --maxschedchunk 1 -m long --durations=25

clean: ## Remove the virtual environment and caches; run folders in outputs/ stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache dist

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@
