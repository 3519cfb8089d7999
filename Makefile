# The two commands of the README, and the checks.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check install clean

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,export,fields,slides,review,postgres,track,scale,share,docs,dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps bioimageio.core
	touch $@

demo: .venv/installed  ## the whole pipeline on generated cells
	sh demo.sh $(BIN)/leukolens demo

test: .venv/installed  ## a process for each core, with the laboratory's wing measured; dev/coverage_gate.py wants 95 % of its lines
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
		--cov --cov-report=term --cov-report=json:.coverage.json
	$(BIN)/python dev/coverage_gate.py .coverage.json

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

clean:
	rm -rf .venv demo
