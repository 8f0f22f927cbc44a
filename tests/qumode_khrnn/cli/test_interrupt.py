"""Ctrl-C while a dense hypergraph is compiled: the program that was found so far is proved, written and verifies."""

import json
import os
import select
import signal
import subprocess
import sys
from itertools import combinations
from time import monotonic

import numpy as np
import pytest
from command import ok

MODES = 40
EDGES = 9880
PATIENCE = 600.0
"""Seconds after which the test gives up; a usual run takes 15."""


@pytest.fixture
def source(tmp_path):
    rng = np.random.default_rng(MODES)
    edges = [{"modes": key, "weight": float(rng.uniform(0.1, 0.5))} for key in combinations(range(MODES), 3)]
    assert len(edges) == EDGES
    path = tmp_path / "dense.json"
    path.write_text(json.dumps({"modes": MODES, "edges": edges}))
    return path


@pytest.fixture
def _children_hear_interrupts():
    """A shell's background ignores interrupts, and so would the programs that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def read_until(terminal, words, child):
    """What is written to a terminal, up to the words; the child's end and a time limit end the waiting."""
    seen, limit = "", monotonic() + PATIENCE
    while words not in seen and monotonic() < limit:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                break
        elif child.poll() is not None:
            break
    return seen


@pytest.mark.usefixtures("_children_hear_interrupts")
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="progress is shown on terminals only")
def test_an_interrupted_compilation_writes_the_best_program_so_far(source, tmp_path):
    """The search for 1.10 times the generic rank begins when 1.15 times, 330 gates, are found; it is interrupted."""
    ours, theirs = os.openpty()
    call = [sys.executable, "-m", "qumode_khrnn", "compile", str(source), "--effort", "1000", "--readout", "none"]
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "200", "TERM": "xterm"}
    told = tmp_path / "told.json"
    with (
        told.open("w") as out,
        subprocess.Popen(
            [*call, "--out", str(tmp_path / "out"), "--json"],
            stdout=out,
            stderr=theirs,
            env=env,
            start_new_session=True,  # the signal is for the child alone
        ) as child,
    ):
        os.close(theirs)
        try:
            seen = read_until(ours, "315 powers", child)
            assert "315 powers" in seen, seen[-2000:]
            child.send_signal(signal.SIGINT)
            rest = read_until(ours, "best plan so far", child)
            assert "best plan so far" in rest, rest[-2000:]
            while child.poll() is None:  # the terminal must be read, or the child waits for room in it
                read_until(ours, "\0", child)
        finally:
            child.kill()
            os.close(ours)
    assert child.returncode == 0
    data = json.loads(told.read_text())
    found = {row["strategy"]: row for row in data["strategies"]}
    assert found["waring (1.15 of the generic rank)"]["cubics"] == 330
    (used,) = [row for row in data["strategies"] if row["chosen"]]
    assert used["cubics"] == data["counts"]["cubic_phase"] <= 330  # fewer if the signal came late
    assert used["strategy"].startswith("waring (1.1") and used["residual"] <= 1e-11
    assert data["verification"]["equivalent"]
    assert ok("verify", tmp_path / "out").startswith("holds: ")
