# Each target is one command of `python3 -m tools`; all they make is in .local/
PYTHON ?= python3
ARGS ?=
export PYTHONPYCACHEPREFIX := $(CURDIR)/.local/pycache

.PHONY: demo test bench setup lint format i18n screenshots stop clean

demo: ## the demo company in a running Odoo; DETACH=1 leaves it running in the background
	@$(PYTHON) -m tools demo $(if $(DETACH),--detach)

test: ## lint and all tests; ARGS="path or pytest options" for a part
	@$(PYTHON) -m tools test $(ARGS)

bench: ## nights, costs at size, screens, letters; ARGS="nights" or "size --sizes 10000 100000 1000000"
	@$(PYTHON) -m tools bench $(ARGS)

setup: ## bring everything a working Odoo needs
	@$(PYTHON) -m tools setup

lint: ## lint only
	@$(PYTHON) -m tools lint

format: ## apply the formatters
	@$(PYTHON) -m tools format

i18n: ## export the terms and merge the translations
	@$(PYTHON) -m tools i18n

screenshots: ## the pictures of the manual, from the running demo; ARGS="case run" for some
	@$(PYTHON) -m tools screenshots $(ARGS)

stop: ## stop what runs
	@$(PYTHON) -m tools stop

clean: ## stop what runs and remove everything made at run time
	@$(PYTHON) -m tools clean
