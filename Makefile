# run: the main job   test: every test   check: format, lint, types, import rules, tests   bench: the benchmarks
# torture: half an hour of attacks
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# two processes, each with one thread for linear algebra
PYTEST := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 $(BIN)/python -m pytest -n 2
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: run test check bench torture examples docs docs-links clean
.DEFAULT_GOAL := run

run: $(READY)
	$(BIN)/khrnn run --quick --out khrnn-out/quick --force

test: $(READY)
	$(PYTEST)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST)

bench: $(READY)
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/waits.py
	$(BIN)/python benchmarks/momenta.py

torture: $(READY)
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m tests.torture --write

examples: $(READY)
	$(BIN)/python benchmarks/make_examples.py

# every example of the gallery runs, warnings are errors, and links between pages are checked
docs: $(VENV)/.docs-ready
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs docs/_build/html
	$(BIN)/python docs/check_links.py docs/_build/html
	@echo "the site is docs/_build/html/index.html"

# links to other sites, which need the network
docs-links: $(VENV)/.docs-ready
	$(BIN)/python -m sphinx -b linkcheck -q docs docs/_build/links

$(VENV)/.docs-ready: $(READY) docs/requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r docs/requirements.lock
	@touch $@

clean:
	rm -rf $(VENV) khrnn-out build docs/_build docs/examples *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The newest Python on which every extra can be installed comes first: MrMustard 0.7 needs 3.11 or older.
# The lock is installed as it stands, then the project itself; nothing happens when neither changed.
$(READY): requirements-3.10-3.11.lock requirements-3.12-3.13.lock pyproject.toml
	@python=""; \
	for candidate in $(PYTHON) python3.11 python3.10 python3.13 python3.12 python3 python; do \
	  if "$$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then \
	    python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.10, 3.11, 3.12 or 3.13 is needed and none was found on PATH; install one, or: make PYTHON=/path/to/python3.11" >&2; \
	  exit 1; fi; \
	if [ ! -x $(BIN)/python ]; then \
	  echo "Making $(VENV) with $$($$python --version)"; \
	  $$python -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "Python's venv module is incomplete; on Debian or Ubuntu install python3-venv" >&2; exit 1; }; fi
	@echo "Installing the locked packages (a few minutes the first time)"
	@lock=$$($(BIN)/python -c 'import sys; print("3.10-3.11" if sys.version_info < (3, 12) else "3.12-3.13")'); \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-$$lock.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m hardware_profiles.extras
	@touch $(READY)
