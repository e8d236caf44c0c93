# What to type: make run · make test · make check · make bench · make torture · make mutants · make lock. Needs Python 3.11 or newer, and the network once.

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name) 2>/dev/null)))
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps
# A stamp's name holds a sum of the locks: with another lock it is another file, and what is in it gets installed.
RUNTIME := $(VENV)/.runtime-$(shell cat requirements.lock | cksum | cut -d' ' -f1)
TOOLS := $(VENV)/.tools-$(shell cat requirements.lock requirements-dev.lock | cksum | cut -d' ' -f1)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
export PORT

.PHONY: run test check bench torture mutants lock help

help:
	@sed -n 1p Makefile | cut -c3-

run: $(RUNTIME)
	@$(BIN)/python -m rewards_portal.run

# BROWSER=0 leaves out what needs a browser; TESTS= names what to run instead of everything.
test: $(TOOLS)
	@CHROMIUM="$$(BROWSER=$(BROWSER) $(BIN)/python -m tests.chromium)" \
		$(BIN)/python -m pytest -n 2 --dist worksteal -q $(if $(filter 0,$(BROWSER)),-m "not browser") $(TESTS)

check: $(TOOLS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@git ls-files -z '*.html' | xargs -0 $(BIN)/djade --check --target-version 5.2
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py spectacular --validate --fail-on-warn > $(VENV)/openapi.yaml
	@diff -u openapi.yaml $(VENV)/openapi.yaml || { echo "openapi.yaml is out of step: make openapi.yaml"; exit 1; }
	@for pin in $$(sed -E '/^(#|-r|$$)/d; s/\[[^]]*\]//' requirements.txt); do grep -qiF "$$pin" requirements.lock \
		|| { echo "requirements.lock is out of step with $$pin: make lock"; exit 1; }; done

.PHONY: openapi.yaml
openapi.yaml: $(TOOLS)
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file $@

# What openapi.yaml shows is recorded from the portal; make openapi.yaml puts it there.
.PHONY: docs/api/examples.json
docs/api/examples.json: $(TOOLS)
	RECORD=1 $(BIN)/python -m pytest -q tests/api/test_examples.py

.PHONY: docs/api/errors.md
docs/api/errors.md: $(TOOLS)
	$(BIN)/python manage.py explain_errors > $@

bench: $(TOOLS)
	@$(BIN)/python -m benchmarks

# SEED= decides what is asked for and what is killed when; MINUTES= how long; without it 5 and the whole API.
torture: $(TOOLS)
	@SEED=$(SEED) MINUTES=$(MINUTES) $(BIN)/python -m torture

# Goes on where it was stopped; MUTANTS='wallets.operations.holds.*' tries those again.
mutants: $(TOOLS)
	@nice $(BIN)/python tests/mutation.py run $(foreach mutants,$(MUTANTS),'$(mutants)')
	@$(BIN)/python tests/mutation.py results

lock: $(TOOLS)
	$(LOCK) requirements.txt --output-file requirements.lock
	$(LOCK) requirements-dev.txt --constraints requirements.lock \
		--overrides requirements-overrides.txt --output-file requirements-dev.lock

$(RUNTIME): | $(BIN)/python
	@echo "Installing what the portal needs; this takes a minute, once …"
	@$(INSTALL) -r requirements.lock
	@rm -f $(VENV)/.runtime-* && touch $@

$(TOOLS): | $(BIN)/python
	@echo "Installing what the tests and checks need; this takes a minute, once …"
	@$(INSTALL) -r requirements-dev.lock
	@rm -f $(VENV)/.runtime-* $(VENV)/.tools-* && touch $@ $(RUNTIME)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and there is no python3 here. Install it, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
