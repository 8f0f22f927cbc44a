"""The error of sampling on a grid: the largest change of an outcome on finer grids, in its own deviations."""

from types import SimpleNamespace

import numpy as np
import pytest
from random_programs import p_of, squeezed

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from simulations.exact.outcomes import Outcomes
from simulations.grid import Grids, moments, sample, sampling_error

CIRCUIT = Circuit(2, (*squeezed(2, 0.3), p_of(0, "a"), p_of(1, "b")))
GRIDS = Grids(widen=1.3, slack=1.2)


@pytest.fixture
def asked(monkeypatch):
    """Sampling with known outcomes: z and 10 + z / 2; on finer grids one shot of each moves, by -0.3 and by 0.1."""
    calls = []

    def planned(circuit, grids, shots):
        return SimpleNamespace(grids=grids, group=shots, steps=(), points={}, first_random=0)

    def drawn(plan, circuit, shots, size, rng):
        assert circuit is CIRCUIT and size == shots
        grids = plan.grids
        calls.append((shots, grids))
        z = rng.normal(size=shots)
        moved = (np.arange(shots) == 1) * (grids == GRIDS.finer())
        return Outcomes({"a": z - 0.3 * moved, "b": 10.0 + 0.5 * z + 0.1 * moved})

    monkeypatch.setattr("simulations.grid.run.planned", planned)
    monkeypatch.setattr("simulations.grid.run._drawn", drawn)
    return calls


@pytest.mark.parametrize("seed", [1, 2])
def test_sampling_error_is_the_largest_change_in_deviations(asked, seed):
    error = sampling_error(CIRCUIT, seed, GRIDS)
    assert asked == [(64, GRIDS), (64, GRIDS.finer())]
    assert GRIDS.finer().widen > GRIDS.widen and GRIDS.finer().slack > GRIDS.slack
    deviation = np.random.default_rng(seed).normal(size=64).std()
    assert error == pytest.approx(max(0.3, 0.1 / 0.5) / deviation, rel=1e-12)


@pytest.mark.parametrize(("effort", "shots"), [(1, 64), (5_000_000, 10), (10**9, 2)])
def test_shots_that_take_long_are_few_and_at_least_two(asked, monkeypatch, effort, shots):
    monkeypatch.setattr("simulations.grid.run.effort", lambda circuit, grids: effort)
    sampling_error(CIRCUIT, 1, GRIDS)
    assert [count for count, _ in asked] == [shots, shots]


def test_few_shots_do_not_tell_the_deviation(monkeypatch):
    """Two outcomes that happen to be close would make any change look large; the deviation of p is e^{-0.3}."""

    def drawn(plan, circuit, shots, size, rng):
        change = 0.01 * (plan.grids == GRIDS.finer())
        return Outcomes({"a": np.array([1.0, 1.0 + 1e-9]) + change, "b": np.array([-1.0, 1.0])})

    monkeypatch.setattr(
        "simulations.grid.run.planned", lambda circuit, grids, shots: SimpleNamespace(grids=grids, group=shots)
    )
    monkeypatch.setattr("simulations.grid.run._drawn", drawn)
    monkeypatch.setattr("simulations.grid.run.effort", lambda circuit, grids: 10**9)
    assert sampling_error(CIRCUIT, 1, GRIDS) == pytest.approx(0.01 / np.exp(-0.3), rel=0.05)


def test_what_float64_rounds_off_an_outcome_counts_as_a_change(monkeypatch):
    outcomes = Outcomes({"a": 1e14 + np.arange(64.0), "b": np.arange(64.0)})
    monkeypatch.setattr(
        "simulations.grid.run.planned", lambda circuit, grids, shots: SimpleNamespace(grids=grids, group=shots)
    )
    monkeypatch.setattr("simulations.grid.run._drawn", lambda *given: outcomes)
    monkeypatch.setattr("simulations.grid.run.effort", lambda circuit, grids: 1)
    assert sampling_error(CIRCUIT, 1, GRIDS) == pytest.approx(2.0**-6 / np.arange(64.0).std(), rel=1e-9)


def test_a_circuit_without_readouts_has_no_error():
    assert sampling_error(Circuit(1, squeezed(1, 0.3)), 1) == 0.0


@pytest.mark.parametrize(
    "op", [ops.DisplacementReadout((0,), (0.5,), (0.0,), "b"), ops.PrepareCat((0,), 1.0, 0.0, 0.0)], ids=["bit", "cat"]
)
def test_what_the_grid_does_not_run_is_refused_with_a_way_out(op):
    circuit = Circuit(1, (op, p_of(0)))
    rng = np.random.default_rng(0)
    for start in (lambda: moments(circuit), lambda: sample(circuit, 3, rng), lambda: sampling_error(circuit, 0)):
        with pytest.raises(InputError, match=rf"{type(op).__name__}\(mode 0\): the grid.*simulations.branches runs"):
            start()
