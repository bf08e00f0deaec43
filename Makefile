# The commands of this checkout. `make run` starts Postroom, `make test` checks everything.
# Everything is installed into .venv; a second call finds it there and starts at once.

PORT ?= 8000
INSTANCE ?=
WORKERS ?= 2

BIN := .venv/bin
RUNTIME := .venv/runtime.stamp
TEST := .venv/test.stamp
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
LOCK := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help run demo test chromium bench soak lint format venv lock translations refresh-vendor
.DELETE_ON_ERROR:

help:
	@echo "make run             start Postroom; PORT=8000 and INSTANCE=instance can be given"
	@echo "make demo            the same on an instance of its own, with mail servers, people and mail to"
	@echo "                     look at; nothing leaves this machine; FRESH=1 begins again"
	@echo "make test            check everything, as CI does"
	@echo "make bench           how fast mail comes in and leaves, beside rivals; ROWS=\"drain latency\""
	@echo "                     takes some rows only, SIZE=quick a minute or two for all of them"
	@echo "make soak            mail through processes that are killed; MINUTES=30 DATABASE=both"
	@echo "make lint            the part of it that starts nothing: style, types, imports, templates"
	@echo "make format          put the sources into shape"
	@echo "make venv            the virtual environment with all that tests need"
	@echo "make lock            newest versions into requirements/*.txt (needs uv)"
	@echo "make translations    bring translations/ to the texts of the sources"
	@echo "make refresh-vendor  fetch the front-end files again (needs npm)"

run: $(RUNTIME) $(COMPILED)
	@$(if $(INSTANCE),POSTROOM_INSTANCE='$(INSTANCE)') exec $(BIN)/postroom run --port '$(PORT)'

demo: $(RUNTIME) $(COMPILED)
	@exec $(BIN)/python -m tools.demo --port '$(PORT)' $(if $(INSTANCE),--instance '$(INSTANCE)') \
		$(if $(FRESH),--fresh) $(if $(MAILS),--mails '$(MAILS)')

test: $(TEST) $(COMPILED)
	@$(MAKE) --no-print-directory --jobs 2 lint chromium
	@path=$$($(BIN)/python tools/ensure_chromium.py) && \
		POSTROOM_CHROMIUM=$$path $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST)

chromium: $(TEST)
	@$(BIN)/python tools/ensure_chromium.py >/dev/null

bench: $(TEST) $(COMPILED)
	$(BIN)/python -m tools.bench $(if $(SIZE),--size '$(SIZE)') $(BENCH) $(ROWS)

soak: $(TEST) $(COMPILED)
	$(BIN)/python -m tools.soak $(SOAK)

lint: $(TEST)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates tools/demo/templates

format: $(TEST)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

venv: $(TEST) $(COMPILED)

$(RUNTIME): requirements/runtime.txt pyproject.toml tools/venv.sh
	@tools/venv.sh runtime
	@touch $@

$(TEST): requirements/test.txt pyproject.toml tools/venv.sh
	@tools/venv.sh test
	@touch $(RUNTIME) $@

%.mo: %.po | $(RUNTIME)
	@$(BIN)/python -m tools.translations compile

translations: $(TEST)
	@$(BIN)/python -m tools.translations update

lock:
	cd requirements && $(LOCK) runtime.in -o runtime.txt && $(LOCK) test.in -o test.txt && \
		$(LOCK) bench.in -o bench.txt

refresh-vendor: $(TEST)
	$(BIN)/python tools/refresh_vendor.py
