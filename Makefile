# One command each; every target does the set-up that it needs. Needs Python 3.11 to 3.13 only.
PYTHON ?= python3
BIN := .venv/bin
DEMO_STYLE ?= data/styles/brush_strokes.jpg

.PHONY: setup demo test test-long lint benchmark contract lock clean

setup: .venv/.ready

.venv/.ready: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "stylecore needs Python 3.11, 3.12 or 3.13; choose one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

demo: setup
	$(BIN)/python -m data.demo --style $(DEMO_STYLE) --out out

test: setup
	$(BIN)/python -m pytest

test-long: setup
	$(BIN)/python -m pytest -m long

benchmark: setup
	$(BIN)/python -m tests.benchmarks.coherence
	$(BIN)/python -m tests.benchmarks.fast_engine speed
	$(BIN)/python -m tests.benchmarks.store_format

# With CLIPS=FOLDER also over the real clips in a folder; see tests/media_contract.py.
contract: setup
	$(BIN)/python -m tests.media_contract
	$(if $(CLIPS),$(BIN)/python -m tests.media_contract --clips $(CLIPS))

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Re-resolves the pinned versions, for every supported Python, without naming an index.
lock: setup
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header \
	  --extra dev pyproject.toml --output-file requirements.lock

clean:
	rm -rf .venv out
