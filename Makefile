# One command each; every target does the set-up that it needs. Needs Python 3.11 to 3.13 only.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTHONS ?= 3.11 3.12 3.13
CASES ?= ../shared/cases
DEMO_STYLE ?= data/styles/brush_strokes.jpg

.PHONY: setup demo test test-data test-long test-representative test-pythons lint benchmark cases contract lock docs clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "stylecore needs Python 3.11, 3.12 or 3.13; choose one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

demo: setup
	$(BIN)/python -m data.demo --style $(DEMO_STYLE) --out out

# Two processes; one that has done its tests takes over some of the other's.
TOGETHER := -n 2 --dist worksteal

test: setup
	$(BIN)/python -m pytest $(TOGETHER)

# The demo's clip and styles: what they hold, and that their programs still paint them.
test-data: setup
	$(BIN)/python -m pytest data/tests

test-long: setup
	$(BIN)/python -m pytest -m long

# What differs most between Pythons and their libraries: engines, containers, resume.
test-representative: setup
	$(BIN)/python -m pytest -m representative $(TOGETHER)

# The same on every supported Python that is found here, each in an environment of its own. pyenv,
# where it manages Pythons, otherwise answers to the names of chosen ones alone.
test-pythons: export PYENV_VERSION := 3.11:3.12:3.13
test-pythons:
	@for version in $(PYTHONS); do \
	  if python$$version -c "" 2>/dev/null; then \
	    $(MAKE) test-representative PYTHON=python$$version VENV=.venvs/$$version || exit 1; \
	  else \
	    echo "python$$version was not found: nothing was tried on it"; \
	  fi; \
	done

benchmark: setup
	$(BIN)/python -m tests.benchmarks.coherence
	$(BIN)/python -m tests.benchmarks.fast_engine speed
	$(BIN)/python -m tests.benchmarks.store_format

# Every input on which something went wrong once: what comes now, and what is right.
cases: setup
	$(BIN)/python -m tests.tools.cases --folder $(CASES)

# With CLIPS=FOLDER also over the real clips in a folder; see tests/tools/media_contract.py.
contract: setup
	$(BIN)/python -m tests.tools.kept_table
	$(BIN)/python -m tests.tools.media_contract
	$(if $(CLIPS),$(BIN)/python -m tests.tools.media_contract --clips $(CLIPS))

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Re-resolves the pinned versions, one for all supported Pythons, without naming an index.
lock: setup
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	  --no-emit-index-url --no-emit-find-links --no-header --extra dev --extra docs pyproject.toml --output-file requirements.lock

# The pages as a site; a link that leads nowhere is an error, and so is a page that nobody finds.
docs: setup
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d site/.doctrees docs site
	@echo site/index.html

clean:
	rm -rf .venv .venvs out site
