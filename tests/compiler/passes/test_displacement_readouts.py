"""Passes on programs that read displacements: what they write does the same, by the checker and on a position grid."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from machines_support import QUICK, line
from readout_grid import distance

from compiler.errors import NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee
from compiler.passes.registry import PASSES
from compiler.routing.coupling import Coupling
from compiler.routing.swaps import apart, route
from compiler.semantics.equivalence import equivalent
from hardware_profiles import load_profile

PROFILES = {
    "fit_pairs": "xanadu-x8",
    "fit_graph_state": "xanadu-borealis",
    "assign_time_bins": "xanadu-borealis",
    "teleport_cubics": "photonic-teleported",
    "split_results": "mqc3-quadrail",
}
"""The profile that a pass is for; all others run on a line of six sites with the gates of ideal-cubic."""

REFUSE_ALL = ("fit_pairs", "fit_graph_state", "assign_time_bins")
"""Passes for photon counters, which take no readout of another kind."""


def gate(rng, a, b, *, plain=False):
    """A gate that some pass moves, merges, lowers or drops; a plain one has a rule on the grid."""
    v = round(float(rng.uniform(-0.4, 0.4)), 3)
    found = [
        ops.Rotation((a,), pi),
        ops.Rotation((a,), 2 * pi),
        ops.Rotation((a,), v),
        ops.Squeeze((a,), v),
        ops.Shear((a,), v),
        ops.Displacement((a,), v, -v),
        ops.CubicPhase((a,), 0.1),
        ops.CubicPhase((a,), -0.1),
        ops.BeamSplitter((a, b), v),
        ops.ControlledX((a, b), v),
        ops.ControlledZ((a, b), v),
        ops.phase(Polynomial.monomial((a, b), v)),
        ops.phase(Polynomial.monomial((a, a), v)),
    ]
    if not plain:
        found += [
            ops.PhasePower((a,), 4, v),
            ops.phase(Polynomial.monomial((a, a, b), v)),
            ops.Interferometer((a, b), ((0.6, -0.8), (0.8, 0.6))),
        ]
    return found[int(rng.integers(len(found)))]


def program(seed, n, size, *, plain=False):
    """Gates between readouts of one or more modes, and gates that depend on what was read."""
    rng = np.random.default_rng(seed)
    out, names = [], []
    for _ in range(size):
        a, b = (int(m) for m in rng.permutation(n)[:2])
        kind = rng.random()
        if kind < 0.3 and len(names) < 3:
            modes = tuple(int(m) for m in rng.permutation(n)[: int(rng.integers(1, n + 1))])
            alpha = 0.4 * rng.normal(size=len(modes)) * rng.integers(0, 2, len(modes))
            out.append(
                ops.DisplacementReadout(modes, tuple(alpha), tuple(rng.normal(size=len(modes))), f"r{len(names)}")
            )
            names.append(f"r{len(names)}")
        elif kind < 0.45 and names:
            out.append(ops.Displacement((a,), Polynomial.monomial((str(rng.choice(names)),), 0.3), 0.1))
        else:
            out.append(gate(rng, a, b, plain=plain))
    return Circuit(n, tuple(out))


@pytest.mark.parametrize("name", PASSES)
def test_passes_keep_what_is_read(name):
    step = PASSES[name]()
    if hasattr(step, "options"):
        step = replace(step, options=QUICK)
    profile = load_profile(PROFILES[name]) if name in PROFILES else line(6)
    changed = 0
    for seed in range(20):
        circuit = program(seed, 2 + seed % 3, 14)
        try:
            found = step(circuit, profile).circuit
        except NotMappableError as error:
            assert name in PROFILES and all(reason.relaxation for reason in error.reasons)
            continue
        if found != circuit and step.guarantee is not Guarantee.SAME_STATE:
            changed += 1
            assert equivalent(circuit, found).equivalent, seed
    idle = {*REFUSE_ALL, "measured_squeezing", "split_results", "spread_pairs", "lower_quadratics", "reduce_order"}
    assert changed > 5 or name in idle


@pytest.mark.parametrize("name", ["merge_neighbours", "merge_gaussians", "collect_phases", "lower_controlled"])
def test_passes_keep_what_every_outcome_leaves_on_a_grid(name):
    """The same without the checker; what reaches the edges of the grid makes up for distances below 1e-6."""
    changed = 0
    for seed in range(100, 170):
        circuit = program(seed, 2, 9, plain=True)
        found = PASSES[name]()(circuit, load_profile("ideal-cubic")).circuit
        if found != circuit and len(circuit.results) in (1, 2) and changed < 4:
            changed += 1
            assert distance(circuit, found) < 1e-6, seed
    assert changed > 2


def test_nothing_meets_across_a_readout_that_it_does_not_commute_with():
    read = ops.DisplacementReadout((0,), (0.5,), (0.3,), "s")
    pairs = [
        (ops.phase(Polynomial.monomial((0, 0, 1), 0.3)), ops.phase(Polynomial.monomial((0, 0, 1), -0.3))),
        (ops.CubicPhase((0,), 0.3), ops.CubicPhase((0,), -0.3)),
        (ops.Squeeze((0,), 0.3), ops.Squeeze((0,), -0.3)),
        (ops.Displacement((0,), 0.3, 0.1), ops.Displacement((0,), -0.3, -0.1)),
        (ops.BeamSplitter((0, 1), 0.3), ops.BeamSplitter((0, 1), -0.3)),
    ]
    ideal = load_profile("ideal-cubic")
    for first, last in pairs:
        circuit = Circuit(2, (first, read, last))
        for name in ("collect_phases", "merge_neighbours", "merge_gaussians", "drop_trivial", "spread_pairs"):
            assert PASSES[name]()(circuit, ideal).circuit == circuit


def test_phases_meet_across_a_readout_that_moves_no_position_of_theirs():
    """exp(i beta.x) is a function of position, and a displacement of one mode is no matter to the other."""
    edge, back = (ops.phase(Polynomial.monomial((1, 1, 2), w)) for w in (0.3, -0.3))
    read = ops.DisplacementReadout((0, 1), (0.5, 0.0), (0.3, 0.2), "s")
    found = PASSES["collect_phases"]()(Circuit(3, (edge, read, back)), load_profile("ideal-cubic")).circuit
    assert found.operations == (read,)
    assert equivalent(Circuit(3, (edge, read, back)), found).equivalent


def test_half_turns_around_a_readout_turn_its_displacement():
    turn = ops.Rotation((1,), pi)
    read = ops.DisplacementReadout((0, 1), (0.5, 0.25), (0.0, -0.125), "s")
    circuit = Circuit(2, (turn, read, turn))
    found = PASSES["merge_neighbours"]()(circuit, load_profile("ideal-cubic")).circuit
    assert found.operations == (ops.DisplacementReadout((0, 1), (0.5, -0.25), (0.0, 0.125), "s"),)
    assert distance(circuit, found) < 1e-7


def test_routing_moves_modes_between_readouts_of_modes_that_are_far_apart():
    """A readout waits for no neighbours, does not end its modes, and follows them through swaps with their signs."""
    read = ops.DisplacementReadout((0, 3), (0.5, 0.2), (0.1, -0.3), "s")
    again = ops.DisplacementReadout((3, 1, 0), (0.1, 0.2, 0.3), (0.0, 0.5, -0.2), "t")
    far = (ops.ControlledX((0, 3), 0.3), ops.ControlledZ((1, 3), 0.2), ops.ControlledX((0, 2), 0.1))
    circuit = Circuit(4, (far[0], read, far[1], again, far[2], ops.Homodyne((3,), 0.2, "y")))
    coupling = Coupling.of("line", 4)
    assert apart(Circuit(4, (read, again)), coupling) == ()
    found = route(circuit, coupling, sites=(0, 1, 2, 3))
    assert found.swaps and found.two_mode_before == 3
    assert not apart(found.circuit, coupling, found.sites)
    assert equivalent(circuit, found.circuit).equivalent
