"""Every pass takes states, counts and chosen outcomes as barriers of their modes: nothing crosses, nothing fails."""

from collections import Counter
from dataclasses import replace
from math import pi

import numpy as np
import pytest
from machines_support import QUICK, line

from compiler.errors import NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee
from compiler.passes.registry import PASSES
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

BARRIERS = (*ops.STATES, ops.PostSelect, ops.PhotonCount, ops.CrossKerr)


def gate(rng: np.random.Generator, a: int, b: int) -> Operation:
    """A gate on one or two modes that some pass moves, merges, lowers or drops."""
    v = float(rng.uniform(-0.5, 0.5))
    found: tuple[Operation, ...] = (
        ops.Rotation((a,), pi),
        ops.Rotation((a,), 2 * pi),
        ops.Rotation((a,), v),
        ops.Squeeze((a,), v),
        ops.Shear((a,), v),
        ops.Displacement((a,), v, -v),
        ops.CubicPhase((a,), 0.3),
        ops.CubicPhase((a,), -0.3),
        ops.PhasePower((a,), int(rng.integers(1, 5)), v),
        ops.BeamSplitter((a, b), v),
        ops.ControlledX((a, b), v),
        ops.ControlledZ((a, b), v),
        ops.phase(Polynomial.monomial((a, a, b), v)),
        ops.phase(Polynomial.monomial((a, b), v)),
        ops.Interferometer((a, b), ((0.6, -0.8), (0.8, 0.6))),
    )
    return found[int(rng.integers(len(found)))]


def state(rng: np.random.Generator, a: int, b: int) -> Operation:
    """A preparation of each kind, also of two modes."""
    v = float(rng.uniform(0.1, 0.9))
    found: tuple[Operation, ...] = (
        ops.PrepareFock((a,), int(rng.integers(0, 3))),
        ops.PrepareCat((a,), v, 0.2, 1.0),
        ops.PrepareGKP((a,), v, 0.1, 0.1),
        ops.PrepareKet((a, b), 2, (0.0, 0.6, 0.8, 0.0)),
        ops.PrepareDensity((a,), 2, (0.5, 0.0, 0.0, 0.5)),
        ops.PrepareCubic((a,), v, 0.7),
        ops.PrepareSqueezed((a,), v),
    )
    return found[int(rng.integers(len(found)))]


def program(seed: int, kerr: bool = False) -> Circuit:
    """Gates between preparations, readouts with feed-forward, counts and chosen outcomes."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    alive, names = set(range(n)), list[str]()
    out: list[Operation] = []
    for _ in range(int(rng.integers(8, 24))):
        kind, v = float(rng.random()), float(rng.uniform(0.1, 0.9))
        a, b = (int(m) for m in rng.permutation(n)[:2])
        made = gate(rng, a, b)
        if kind < 0.2:
            made = state(rng, a, b)
            alive.update(made.modes)
        elif kind < 0.35 and len(alive) > 1:
            ends = (
                ops.Homodyne((a,), 0.3, f"m{len(names)}"),
                ops.PhotonCount((a,), f"m{len(names)}"),
                ops.PostSelect((a,), v, v),
            )
            made = ends[int(rng.integers(3))]
        elif kind < 0.45 and names:
            made = ops.Displacement((a,), Polynomial.monomial((str(rng.choice(names)),), v), v)
        elif kind < 0.55 and kerr:
            made = ops.CrossKerr((a, b), v)
        if not alive.issuperset(made.modes):
            continue
        if isinstance(made, ops.ENDS):
            alive.discard(a)
        if isinstance(made, ops.MEASUREMENTS):
            names.append(made.result)
        out.append(made)
    return Circuit(n, tuple(out))


@pytest.mark.parametrize("name", PASSES)
def test_passes_keep_what_circuits_with_states_and_ends_do(name):
    """Circuits before and after are equal, or (photon counters) refused with a reason; most hold such operations."""
    step = PASSES[name]()
    if hasattr(step, "options"):
        step = replace(step, options=QUICK)
    profile = load_profile(PROFILES[name]) if name in PROFILES else line(6)
    held = changed = 0
    for seed in range(40):
        circuit = program(seed)
        held += any(isinstance(op, BARRIERS) for op in circuit.operations)
        try:
            found = step(circuit, profile).circuit
        except NotMappableError as error:
            assert name in PROFILES and all(reason.relaxation for reason in error.reasons)
            continue
        if found != circuit and step.guarantee is not Guarantee.SAME_STATE:
            changed += 1
            assert equivalent(circuit, found).equivalent
    assert held > 30
    assert changed > 10 or name in {
        *("fit_pairs", "fit_graph_state", "assign_time_bins", "measured_squeezing", "split_results", "reduce_order"),
        *("spread_pairs", "route", "lower_phases", "teleport_cubics"),
    }


@pytest.mark.parametrize("name", PASSES)
def test_passes_run_on_circuits_with_cross_kerr_gates(name):
    """Nothing is proved of these here: they must not fail otherwise than with a reason, nor lose a Kerr gate."""
    step = PASSES[name]()
    if hasattr(step, "options"):
        step = replace(step, options=QUICK)
    profile = load_profile(PROFILES[name]) if name in PROFILES else line(6)
    for seed in range(40):
        circuit = program(seed, kerr=True)
        try:
            found = step(circuit, profile).circuit
        except NotMappableError:
            continue
        kept = [Counter(type(op) for op in some.operations if isinstance(op, BARRIERS)) for some in (circuit, found)]
        assert kept[0] == kept[1]


def test_phases_do_not_meet_across_counts_states_and_cross_kerr_gates():
    """Neither phases nor half turns nor squeezers of a mode pass what ends it, starts it or counts its photons."""
    edge, back = (ops.phase(Polynomial.monomial((0, 0, 1), w)) for w in (0.3, -0.3))
    pairs = [
        (edge, back),
        (ops.CubicPhase((0,), 0.3), ops.CubicPhase((0,), -0.3)),
        (ops.Rotation((0,), pi), ops.Rotation((0,), pi)),
        (ops.Squeeze((0,), 0.3), ops.Squeeze((0,), -0.3)),
        (ops.BeamSplitter((0, 1), 0.3), ops.BeamSplitter((0, 1), -0.3)),
    ]
    barriers: list[tuple[Operation, ...]] = [
        (ops.PrepareFock((0,), 1),),
        (ops.PrepareKet((1, 0), 2, (0.0, 0.6, 0.8, 0.0)),),
        (ops.PhotonCount((0,), "n"), ops.PrepareVacuum((0,))),
        (ops.PostSelect((0,), 0.1, 0.2), ops.PrepareGKP((0,), 0.0, 0.0, 0.1)),
        (ops.CrossKerr((0, 1), 0.2),),
    ]
    ideal = load_profile("ideal-cubic")
    for first, last in pairs:
        for between in barriers:
            circuit = Circuit(2, (first, *between, last))
            for name in ("collect_phases", "merge_neighbours", "merge_gaussians", "drop_trivial", "spread_pairs"):
                assert PASSES[name]()(circuit, ideal).circuit == circuit
