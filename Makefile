# The commands of the house. `make run` and `make test` work from a bare checkout.
.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev test check lint format types checks translations features bench clean
export PYTHON
PY := .venv/bin/python
SERVERS := $(PY) -m portal.embedded
T ?=

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: setup ## Set up everything and serve the portal with its demo town
	@exec $(PY) -m portal.run

setup:
	@scripts/setup

setup-dev:
	@scripts/setup --dev

test: setup-dev ## Set up everything and run all tests (T=path for some of them)
	@scripts/test $(T)

check: lint types checks translations ## Everything that must hold, tests last
	@$(MAKE) --no-print-directory test

lint: setup-dev ## Style of code and templates
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@scripts/templates --check

format: setup-dev ## Put code and templates in form
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format --quiet .
	@scripts/templates || true

types: setup-dev ## Strict types
	@PORTAL_MODE=test $(PY) -m mypy .

checks: setup-dev ## Missing migrations and the deployment checks, as production would meet them
	@$(SERVERS) $(PY) manage.py makemigrations --check --dry-run
	@scripts/check-deploy

translations: setup-dev ## Russian and Ukrainian complete
	@$(PY) -m portal.translations

features: setup-dev ## Rows of docs/features.md without a test
	@$(PY) -m portal.features

bench: setup-dev ## Requests and rows per second beside bare ones (prints ratios)
	@$(SERVERS) env PORTAL_MODE=demo $(PY) -m bench.run

clean: ## Remove what was made here, data included
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache
