# make demo   set up and train on the sample corpus, then ask it
# make check  formatting, lint, types and the fast half of the tests: about two minutes on two cores, for while you work
# make test   set up and pass the checks and all but the heaviest tests: about five minutes, before a change lands
# make test-heavy  what `make test` leaves out: several processes, runs that are killed and resumed, terminals
# make test-all    every test, with many more drawn inputs and programs compiled as a user's are
# make test-small  what works where nothing is installed that trains networks, in an environment that has none of it
# make test-vscode  the extension for VS Code: compiled, tested and packed by npm
# make bench  the benchmarks that take seconds; the long ones are named in benchmarks/README.md

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# The demo's model stays out of the user's own data directory.
DEMO := build/demo
SMALL := build/small

# What only `make test-heavy` runs, and what `make check` leaves out beside it.
HEAVY := heavy or corpora
PYTEST := $(BIN)/pytest -n auto --cpu-durations 10

.PHONY: demo check test test-heavy test-all test-small vscode-packages test-vscode bench lint clean
demo: $(READY)
	$(BIN)/autocomplete train data/queries.txt --model $(DEMO)/queries --budget 60s --force
	$(BIN)/autocomplete suggest --model $(DEMO)/queries --probs "best food in Las "
	$(BIN)/autocomplete suggest --model $(DEMO)/queries --probs "best food in Las"
	$(BIN)/autocomplete suggest --model $(DEMO)/queries --probs "how to bo"

check: lint
	$(PYTEST) -m "not (slow or $(HEAVY))" --ignore tests/network --ignore tests/benchmarks

test: lint
	$(PYTEST) -m "not ($(HEAVY))"

test-heavy: $(READY)
	$(PYTEST) -m "$(HEAVY)"

test-all: lint
	XLA_FLAGS= $(PYTEST) --hypothesis-profile thorough

test-small:
	$(PYTHON) -m venv --clear $(SMALL)
	rm -rf build/lib  # what an older build left there would be installed too
	$(SMALL)/bin/pip install --quiet --no-deps --requirement constraints-small.txt .
	$(SMALL)/bin/python -m tests.small_install

vscode-packages:
	cd editors/vscode && npm ci --no-audit --no-fund

test-vscode: vscode-packages
	cd editors/vscode && npm test && npm run package

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks.cold_start
	$(BIN)/python -m benchmarks.engine --size tiny --keys 30 --before 30 --clients 1
	$(BIN)/python -m benchmarks.ingestion --quick
	$(BIN)/python -m benchmarks.keystroke --vocabularies 1000 --size tiny --keys 500 --megabytes 0.5
	$(BIN)/python -m benchmarks.lsp --size tiny --keys 30 --before 30
	$(BIN)/python -m benchmarks.ngram_database --size 1 --rounds 1
	$(BIN)/python -m benchmarks.repl_latency --vocabulary 1000 --size tiny --keys 500 --session 500 --megabytes 0.5
	$(BIN)/python -m benchmarks.train_throughput --quick

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(READY)

clean:
	rm -rf $(VENV) build *.egg-info
