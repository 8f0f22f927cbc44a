"""Joint momenta of whole circuits: characteristic functions and moments in closed form, the grid, refusals.

Statistical tests fix their seeds. A deviation of 5 / sqrt(shots) of a characteristic function, or 5 standard errors of
a moment, fails falsely in at most 2e-6 of seeds.
"""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from momenta_reference import CubicReference
from random_programs import edge, p_of, squeezed, x_of
from scipy.stats import ks_2samp

from compiler import compile_circuit
from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import load_profile
from simulations import grid
from simulations.backends.registry import BACKENDS, Noise, Settings, run
from simulations.exact import LeavesFamilyError, moments, simulate
from simulations.momenta.frame import Frame
from simulations.momenta.run import planned, sample
from simulations.programs.sampling import sample_circuit


def rng(seed=0):
    return np.random.default_rng(seed)


def all_momenta(n):
    return tuple(p_of(m, f"p{m}") for m in range(n))


def chain(n, r, weight=0.5):
    return (*squeezed(n, r), *(edge(i, i + 1, i + 2, weight=weight * (-1) ** i) for i in range(n - 2)))


def compiled_chain(n, r, loss_scale, weight=0.5):
    """A chain for the photonic profile, with its noise in place."""
    profile = load_profile("photonic-cubic")
    source = Circuit(n, (*chain(n, r, weight), *all_momenta(n)))
    program = compile_circuit(source, profile, options=SynthesisOptions(effort=0.0))
    return Noise(profile, loss_scale).placed(program.circuit)


def check_characteristic(circuit, samples, seed, count=40):
    reference, names = CubicReference(circuit), list(samples)
    draws = rng(seed)
    for _ in range(count):
        chosen = draws.choice(names, min(len(names), int(draws.integers(1, 5))), replace=False)
        t = {str(name): float(draws.normal() * 0.8 / sqrt(len(chosen))) for name in chosen}
        assert reference.deviation(samples, t) < 5


@pytest.mark.parametrize(("n", "scale"), [(3, 0.0), (4, 0.0), (3, 5.0), (4, 5.0)])
def test_compiled_chains_have_their_joint_characteristic_function(n, scale):
    circuit = compiled_chain(n, 0.4, scale)
    with pytest.raises(LeavesFamilyError, match="use the momenta back end"):
        simulate(circuit, 2, rng())
    check_characteristic(circuit, sample(circuit, 1_500, rng(1)).results, n)


def test_noise_of_detectors_is_added():
    circuit = Circuit(3, (*chain(3, 0.5), *(ops.Loss((m,), 0.5) for m in range(3)), *all_momenta(3)))
    check_characteristic(circuit, sample(circuit, 3_000, rng(1)).results, 3)


def test_momenta_are_turned_back_from_the_coordinates_of_the_sweep():
    circuit = Circuit(3, (*chain(3, 0.3), *all_momenta(3)))
    plan = planned(circuit)
    matrix = np.array([[1.0, 0.6, 0.0], [0.0, 1.0, -0.5], [0.4, 0.0, 1.0]])
    cubic = {}
    for a, b, c in np.ndindex(3, 3, 3):  # 0.5 x_0 x_1 x_2 in these coordinates
        key = tuple(sorted((a, b, c)))
        cubic[key] = cubic.get(key, 0.0) + 0.5 * matrix[0, a] * matrix[1, b] * matrix[2, c]
    turned = replace(plan, frame=Frame(matrix, plan.frame.reads, cubic, 0.0))
    check_characteristic(circuit, turned.run(3_000, rng(1), lambda: None), 4)


def test_a_star_and_a_ring_of_edges():
    star = (*squeezed(5, 0.3), edge(0, 1, 2, weight=0.6), edge(0, 3, 4, weight=-0.5), edge(1, 2, weight=0.2))
    star = Circuit(5, (*star, *all_momenta(5)))
    assert planned(star).cost(1).live == 2
    check_characteristic(star, sample(star, 3_000, rng(2)).results, 2)
    ring = (*squeezed(5, 0.1), *(edge(i, (i + 1) % 5, (i + 2) % 5, weight=0.3) for i in range(5)))
    ring = Circuit(5, (*ring, *all_momenta(5)))
    assert planned(ring).cost(1).live == 4
    with pytest.raises(InputError, match=r"at most 4 modes live.*at most 3,600 s and 4 GB are spent"):
        sample(ring, 10**6, rng())


@pytest.mark.parametrize(("n", "r", "shots", "eta"), [(3, 0.3, 400, 1.0), (3, 0.3, 400, 0.7), (4, 0.1, 150, 0.8)])
def test_joint_momenta_agree_with_the_grid(n, r, shots, eta):
    loss = tuple(ops.Loss((m,), eta) for m in range(n) if eta < 1.0)
    circuit = Circuit(n, (*chain(n, r, 0.8), *loss, *all_momenta(n)))
    ours, theirs = sample(circuit, shots, rng(3)).results, grid.sample(circuit, shots, rng(4)).results
    for of in (
        lambda p: p["p0"],
        lambda p: p["p0"] + p["p1"] - p["p2"],
        lambda p: p["p0"] * p["p1"] * p["p2"],
        lambda p: p["p0"][p["p1"] * p["p2"] > 0],  # a conditional law
    ):
        assert ks_2samp(of(ours), of(theirs)).pvalue > 1e-4
    for of in (lambda p: np.cos(p["p0"] - 0.5), lambda p: p["p0"] * p["p1"] * p["p2"]):
        one, two = of(ours), of(theirs)
        assert abs(one.mean() - two.mean()) < 5 * sqrt((one.var() + two.var()) / shots)


def test_a_long_lossy_chain_has_its_moments():
    n, shots = 8, 300
    circuit = compiled_chain(n, 0.3, 2.0)
    cost = planned(circuit).cost(shots)
    assert cost.live == 2 and cost.left_out < 1e-3
    out, closed = sample(circuit, shots, rng(5)).results, moments(circuit)
    for name, values in out.items():
        mean, variance = closed.of(name)
        fourth = np.mean((values - mean) ** 4)
        assert abs(values.mean() - mean) < 5 * sqrt(variance / shots)
        assert abs(np.mean((values - mean) ** 2) - variance) < 5 * sqrt((fourth - variance**2) / shots)
    check_characteristic(circuit, out, 6)


def test_positions_unread_modes_and_angles_are_taken_along():
    """Mode 4 is read in position and mode 3 is not read; mode 0 is read at an angle, which is a shear and a gain."""
    body = (*chain(5, 0.3), ops.Loss((2,), 0.8))
    angle = 0.6
    circuit = Circuit(5, (*body, ops.Homodyne((0,), angle, "q"), p_of(1, "p1"), p_of(2, "p2"), x_of(4, "x4")))
    assert planned(circuit) is not None
    out = sample(circuit, 3_000, rng(7)).results
    closed = moments(circuit)
    for name in circuit.results:
        mean, variance = closed.of(name)
        fourth = np.mean((out[name] - mean) ** 4)
        assert abs(out[name].mean() - mean) < 5 * sqrt(variance / 3_000)
        assert abs(np.mean((out[name] - mean) ** 2) - variance) < 5 * sqrt((fourth - variance**2) / 3_000)


def test_programs_without_joint_momenta_run_on_the_exact_simulator():
    graph = Circuit(2, (*squeezed(2, 0.4), edge(0, 1, weight=0.7), *all_momenta(2)))
    one = Circuit(2, (*squeezed(2, 0.4), edge(0, 0, 0, weight=0.2), p_of(0, "p0")))
    for circuit in (graph, one):
        assert planned(circuit) is None and BACKENDS["momenta"].cost(circuit, 5) is None
        ours, exact = sample(circuit, 50, rng(9)).results, simulate(circuit, 50, rng(9)).results
        assert all((ours[name] == exact[name]).all() for name in exact)
    with pytest.raises(LeavesFamilyError, match="mixes x and p of mode 0"):
        sample(Circuit(2, (*one.operations[:-1], ops.Rotation((0,), 0.4), *all_momenta(2))), 5, rng())


def test_momenta_that_later_gates_use_are_not_drawn_jointly():
    told = ops.Displacement((1,), Polynomial.monomial(("a",)), 0.0)
    with pytest.raises(LeavesFamilyError, match="was fixed in position by an earlier momentum readout"):
        sample(Circuit(3, (*chain(3, 0.3), p_of(0, "a"), told, p_of(1, "b"), p_of(2, "c"))), 5, rng())


def test_outcomes_are_told_by_the_seed_and_not_by_the_threads(monkeypatch):
    circuit = compiled_chain(4, 0.2, 1.0)
    monkeypatch.setattr("simulations.momenta.run.GROUP_BYTES", 2e5)
    assert planned(circuit).cost(40).group < 20
    done = []
    one, two = sample(circuit, 40, rng(1), done.append, threads=1), sample(circuit, 40, rng(1), threads=2)
    other = sample(circuit, 40, rng(2))
    for name in circuit.results:
        assert (one.results[name] == two.results[name]).all()
        assert (one.results[name] != other.results[name]).all()
    assert done[-1] == 40 and done == sorted(done)


def test_simulate_takes_joint_momenta_by_itself_and_says_what_they_cost():
    circuit, said = Circuit(4, (*chain(4, 0.2), *all_momenta(4))), []
    found = sample_circuit(circuit, 20, "auto", Settings(), 1, say=said.append)
    assert found["backend"] == "momenta"
    assert "momenta: 4 momenta are read jointly, at most 2 modes live on grids of up to" in said[0]
    assert "in total variation" in found["accuracy"]
    plain = sample_circuit(Circuit(2, (*squeezed(2, 0.2), *all_momenta(2))), 20, "auto", Settings(), 1)
    assert plain["backend"] == "exact" and plain["accuracy"] is None
    turned = Circuit(1, (*squeezed(1, 0.2), edge(0, 0, 0), ops.Rotation((0,), 0.4), p_of(0)))
    with pytest.raises(LeavesFamilyError):
        sample_circuit(turned, 20, "auto", Settings(), 1)
    dense = [edge(i, j, k, weight=0.5) for i in range(9) for j in range(i) for k in range(j)]
    with pytest.raises(InputError, match=r"leaves the exact family.*the momenta back end does not run it either"):
        sample_circuit(Circuit(9, (*squeezed(9, 1.0), *dense, *all_momenta(9))), 20, "auto", Settings(), 1)


def test_the_back_end_is_told_apart_in_the_registry():
    circuit = Circuit(3, (*chain(3, 0.2), *all_momenta(3)))
    assert run(circuit, 5, None, rng(), "momenta").results["p2"].shape == (5,)
    assert not BACKENDS["momenta"].accuracy(circuit, Settings()).doubtful
    with pytest.raises(InputError, match="momenta back end cannot run this program: operation 0 Kerr"):
        run(Circuit(1, (ops.Kerr((0,), 0.1), p_of(0))), 5, None, rng(), "momenta")
