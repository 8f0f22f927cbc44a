"""What long chains cost, in counts of work: modes that have nothing to do with each other stay apart."""

from math import pi

import numpy as np
import pytest
from random_programs import edge, p_of, squeezed, x_of

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from simulations.exact import moments, phase, run, simulate
from simulations.exact.closed_form import isserlis
from simulations.exact.fuse import fuse
from simulations.exact.state import State


def chain(modes, noise=None):
    """A chain of 3-edges in native gates; p of every third mode, which share no edge, and x of the others are read."""
    edges = tuple(edge(m, m + 1, m + 2, weight=0.1 + 0.01 * m) for m in range(modes - 2))
    reads = tuple(ops.Homodyne((m,), pi / 2 if m % 3 == 0 else 0.0, f"m{m}") for m in range(modes))
    native = compile_circuit(Circuit(modes, (*squeezed(modes, 1.0), *edges)), load_profile("ideal-cubic")).circuit
    operations = [new for op in native.operations for new in (op, *(noise(m) for m in op.modes if noise))]
    return Circuit(native.modes, (*operations, *reads))


def test_rounding_ties_no_modes_to_each_other(monkeypatch):
    """Three modes share an edge; rounding of beamsplitters that cancel would tie all 14 modes whose p is read."""
    tied, filled, found, condition = [], [], State.tied_to, State._condition

    def counted(state, mode):
        tied.append(len(found(state, mode)))
        return found(state, mode)

    def watched(state, *args):
        condition(state, *args)
        filled.append(np.count_nonzero(state.cov[0]) / state.modes)

    monkeypatch.setattr(State, "tied_to", counted)
    monkeypatch.setattr(State, "_condition", watched)
    simulate(chain(42), 3, np.random.default_rng(0))
    assert len(tied) == 14 and max(tied) <= 3
    assert len(filled) >= 28 and max(filled) < 20


@pytest.mark.parametrize("lossy", [False, True])
def test_work_grows_with_the_number_of_modes(monkeypatch, lossy):
    """Products of polynomials in the sampler and pairs of monomials in closed-form moments: twice as many, not four."""
    counts = {"products": 0, "pairs": 0}
    product, total = phase.product, isserlis._sum

    def multiplied(left, right):
        counts["products"] += 1
        return product(left, right)

    def summed(values):
        counts["pairs"] += 1
        return total(values)

    monkeypatch.setattr(phase, "product", multiplied)
    monkeypatch.setattr(isserlis, "_sum", summed)
    seen = []
    for modes in (24, 48):
        counts.update(products=0, pairs=0)
        circuit = chain(modes, (lambda m: ops.Loss((m,), 0.99)) if lossy else None)
        try:
            simulate(circuit, 3, np.random.default_rng(0))
        except run.LeavesFamilyError:
            assert lossy  # after its phases, where the work is
        moments(circuit)
        seen.append(dict(counts))
    for kind in counts:
        assert 1.5 * seen[0][kind] < seen[1][kind] < 2.8 * seen[0][kind]


FED = ops.Displacement((2,), 0.0, Polynomial.monomial(("a",), 0.4))
LOSSY = (*squeezed(4, 0.4), edge(0, 1, 2), edge(1, 2, 3), ops.Loss((0,), 0.8), x_of(1, "a"), FED, ops.Loss((3,), 0.7))
SHARED = Circuit(4, (*LOSSY, p_of(0, "b"), p_of(3, "c"), x_of(2, "d")))
SHEARED = ops.Shear((2,), Polynomial.monomial(("a",), 0.4))
OWN = Circuit(4, (*LOSSY[:4], LOSSY[7], SHEARED, ops.ControlledZ((2, 3), 0.7), p_of(2, "c"), p_of(3, "d")))


@pytest.mark.parametrize(("circuit", "runs"), [(SHARED, [60]), (OWN, [60, *(5,) * 12])], ids=["shared", "own"])
def test_groups_run_together_and_draw_what_they_draw_apart(monkeypatch, circuit, runs):
    """Covariances that are all alike: one run for 60 shots; where shots have their own, 12 runs of 5 shots."""
    sizes, run_shots = [], run.run_shots

    def counted(circuit, steps, shots, *args):
        sizes.append(shots)
        return run_shots(circuit, steps, shots, *args)

    monkeypatch.setattr(run, "CHUNK_FLOATS", 16 * 5)
    monkeypatch.setattr(run, "run_shots", counted)
    monkeypatch.setattr(run, "_together", lambda size, modes: 12)
    out = simulate(circuit, 60, np.random.default_rng(4), threads=1).results
    assert sizes == runs
    steps = fuse(circuit, "family")
    apart = [run_shots(circuit, steps, 5, stream, {}).results for stream in np.random.default_rng(4).spawn(12)]
    for name, values in out.items():
        assert values == pytest.approx(np.concatenate([part[name] for part in apart]), abs=1e-9)
