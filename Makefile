# The commands of this checkout. `make run` starts Postroom, `make test` checks everything.
.DEFAULT_GOAL := help
.PHONY: help venv lock

LOCK := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

help:
	@echo "make run [PORT=8000] [INSTANCE=instance] | make test | lint | format | lock | venv | translations | refresh-vendor"

venv: .venv/.test

.venv/.%: requirements/%.txt pyproject.toml tools/venv.sh
	@tools/venv.sh $*
	@touch $@

lock:
	cd requirements && $(LOCK) runtime.in -o runtime.txt && $(LOCK) test.in -o test.txt
