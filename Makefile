# Every task of the project by name; each needs only Python 3.11 or newer, and makes what it needs with `setup`.
.PHONY: help setup demo test check serve bench

help:  ## Tell what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */  make \1\t/'

setup:  ## Make .venv with all dependencies (as root on Debian also the system packages); quick when done before
	@PYTHON="$(PYTHON)" sh scripts/setup

demo: setup  ## Take a simulated project through a whole archive that is started for it
	@.venv/bin/python scripts/demo.py

test: setup  ## Run the static checks and the whole test suite, with its own servers
	@.venv/bin/python scripts/check

check: setup  ## Run the static checks alone: format, lint, types, contracts, sizes
	@.venv/bin/python scripts/check --static

serve: setup  ## Run the archive with its worker and object store; settings from SEQARK_...
	@.venv/bin/seqark serve

bench: setup  ## Measure the API, the bulk sheets, and validation beside other tools
	@.venv/bin/python scripts/bench/api.py
	@.venv/bin/python scripts/bench/bulk.py
	@.venv/bin/python scripts/bench/validate.py
