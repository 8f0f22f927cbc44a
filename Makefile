# run: the main job   test: every test   check: format, lint, types, import rules, tests   bench: the benchmarks
# torture: half an hour of attacks
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# two processes, each with one thread for linear algebra
PYTEST := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 $(BIN)/python -m pytest -n 2
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: run test check bench torture examples clean
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

clean:
	rm -rf $(VENV) khrnn-out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# the lock is installed as it stands, then the project itself; nothing happens when neither changed
$(READY): requirements.lock pyproject.toml
	@python=""; \
	for candidate in $(PYTHON) python3.11 python3.10 python3 python; do \
	  if "$$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 12))' 2>/dev/null; then \
	    python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.10 or 3.11 is needed and none was found on PATH; install one, or: make PYTHON=/path/to/python3.11" >&2; \
	  exit 1; fi; \
	if [ ! -x $(BIN)/python ]; then \
	  echo "Making $(VENV) with $$($$python --version)"; \
	  $$python -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "Python's venv module is incomplete; on Debian or Ubuntu install python3-venv" >&2; exit 1; }; fi
	@echo "Installing the locked packages (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
