"""Every system with a known answer on every back end that can run it, and closed forms against the same formulas.

Samples have fixed seeds, one for every pair. Means lie within 5 standard errors from the formula's variance, variances
(second moments about the formula's mean) within 5 standard errors from the sample's fourth moment. A comparison with a
right formula fails for about 6e-7 of all seeds where estimates are normal. The variance of few shots is not quite: 1e-4
of a normal readout and 3e-4 of the widest tails at 200 shots, 2e-5 of the widest tails at 2,000 (both simulated).
"""

from math import sqrt

import numpy as np
import pytest
from known_systems import SYSTEMS

from compiler.errors import InputError
from compiler.ir.operations import OPERATIONS
from simulations import grid
from simulations.backends import mrmustard, strawberryfields
from simulations.backends.fock import quadrature_moments
from simulations.backends.handover import single_modes
from simulations.backends.readouts import split_reads
from simulations.backends.registry import BACKENDS, Settings, run
from simulations.exact import NoClosedFormError, moments

NAMES = tuple(BACKENDS)
BY_NAME = {system.name: system for system in SYSTEMS}

NO_DISPLACEMENTS = "there is no channel of random displacements"
NO_PHASE = "there is no multi-mode non-Gaussian gate"
NO_BITS = "a displacement readout leaves a state that this back end cannot hold"
NOT_LAST = "only the last readout may read another quadrature than the position"
NEEDS_RESULT = "a parameter depends on earlier results"

EXPECTED_REFUSALS = {
    # what leaves the family of the exact simulator
    ("kerr", "exact"): "a Kerr gate is not a phase polynomial",
    ("cat", "exact"): "a Kerr gate is not a phase polynomial",
    ("dephased-cubic", "exact"): "it mixes x and p of mode 0, which carries a phase of degree 3",
    ("both-momenta-of-a-polynomial-phase", "exact"): "mode 1 was fixed in position by an earlier momentum readout",
    ("rotation-by-a-result", "exact"): "its angle depends on earlier results",
    ("bit-of-a-displacement", "exact"): NO_BITS,
    ("bit-of-a-displacement", "momenta"): NO_BITS,
    ("kerr", "momenta"): "a Kerr gate is not a phase polynomial",
    ("cat", "momenta"): "a Kerr gate is not a phase polynomial",
    ("dephased-cubic", "momenta"): "it mixes x and p of mode 0, which carries a phase of degree 3",
    ("rotation-by-a-result", "momenta"): "its angle depends on earlier results",
    ("bit-of-a-displacement", "grid"): NO_BITS,
    ("bit-of-a-displacement", "mrmustard"): NO_BITS,
    # what is no superposition of packets under a cubic phase, or reads two momenta of modes that carry one
    ("dephased-cubic", "branches"): NOT_LAST,
    ("edge-on-lossy-modes", "branches"): NOT_LAST,
    ("both-momenta-of-a-polynomial-phase", "branches"): NOT_LAST,
    ("quartic-phase", "branches"): "phases have degree at most 3, found 4",
    ("kerr", "branches"): "does not make a superposition of Gaussian packets",
    ("cat", "branches"): "does not make a superposition of Gaussian packets",
    # what Strawberry Fields has no form of
    ("bit-of-a-displacement", "strawberryfields"): "it reads a displacement by a qubit, and there are no qubits",
    ("thermal-loss-of-one-of-two", "strawberryfields"): "adds thermal noise to every mode, not one",
    ("displacement-noise", "strawberryfields"): NO_DISPLACEMENTS,
    ("uneven-displacement-noise", "strawberryfields"): NO_DISPLACEMENTS,
    ("dephasing", "strawberryfields"): "there is no channel of random rotations",
    ("dephased-cubic", "strawberryfields"): "there is no channel of random rotations",
    ("cubic-between-thermal-losses", "strawberryfields"): "the Fock back end has no thermal loss",
    ("quartic-phase", "strawberryfields"): "only the cubic power exists",
    ("three-edge", "strawberryfields"): NO_PHASE,
    ("displaced-three-edge", "strawberryfields"): NO_PHASE,
    ("lossy-three-edge", "strawberryfields"): NO_PHASE,
    ("edge-on-lossy-modes", "strawberryfields"): NO_PHASE,
    ("both-momenta-of-a-polynomial-phase", "strawberryfields"): NO_PHASE,
    # MrMustard takes Gaussian programs without feed-forward, and pure states with loss at their end
    ("uneven-displacement-noise", "mrmustard"): "adds the same variance to x and p",
    ("dephasing", "mrmustard"): "random rotations are not Gaussian",
    ("dephased-cubic", "mrmustard"): "random rotations are not Gaussian",
    ("cubic-between-thermal-losses", "mrmustard"): "is not pure loss",
    ("edge-on-lossy-modes", "mrmustard"): "is noise before the last gate of its mode",
    ("both-momenta-of-a-polynomial-phase", "mrmustard"): "MrMustard samples one readout of a non-Gaussian state",
    ("feed-forward-on-an-epr-pair", "mrmustard"): NEEDS_RESULT,
    ("feed-forward-after-loss", "mrmustard"): NEEDS_RESULT,
    ("feed-forward-of-a-square", "mrmustard"): NEEDS_RESULT,
    ("rotation-by-a-result", "mrmustard"): NEEDS_RESULT,
    ("teleportation", "mrmustard"): NEEDS_RESULT,
    ("teleported-cubic-gate", "mrmustard"): "an operation depends on a readout",
}
"""Pairs of a system and a back end that refuses it -> part of the reason; all other pairs must run."""

NO_CLOSED_FORM = {
    "bit-of-a-displacement": "its modes are left in a state that phases cannot make",
    "dephasing": "dephasing mixes x and p at random",
    "dephased-cubic": "dephasing mixes x and p at random",
    "kerr": "a Kerr gate is not polynomial in the quadratures",
    "cat": "a Kerr gate is not polynomial in the quadratures",
    "rotation-by-a-result": "its strength depends on earlier results",
}
"""Systems whose moments `simulations.exact.moments` refuses -> part of the reason."""

ENGINES = "Strawberry Fields alone runs it: tests/simulations/backends/test_strawberryfields.py has its closed forms"
PACKETS = "branches and Strawberry Fields run it: tests/simulations/branches/test_states.py compares them"

UNCOVERED: dict[str, str] = dict.fromkeys(
    (
        "PrepareFock",
        "PrepareKet",
        "PrepareDensity",
        "CrossKerr",
        "PostSelect",
        "PhotonCount",
    ),
    ENGINES,
) | dict.fromkeys(("PrepareCat", "PrepareGKP"), PACKETS)
"""Operations that no system uses -> the reason, such as a readout without a closed-form mean and variance."""

SHOTS, GRID_SHOTS = 20_000, 2_000
"""Shots, and those of more than one mode on grids, and on branches, where a readout gives every shot its own state."""

ENGINE_RUNS = 200
"""Shots in Strawberry Fields with feed-forward, which takes one engine run a shot."""

FOCK_RUNS, FOCK_CUTOFF = 2, 8
"""Shots of its Fock states, which take a second each: too few for more than means."""

TRUNCATION = 1e-3
"""How far the Fock cutoffs of `cutoff_of` may change a mean or a variance; 4e-4 is the most that they do here."""


def gaussian(system):
    """Whether every operation is Gaussian."""
    return strawberryfields.is_gaussian(system.circuit)


def fock_states(system, backend):
    """Whether a back end represents the system in the Fock basis."""
    return backend in ("mrmustard", "strawberryfields") and not gaussian(system)


def ends_in_readouts(system):
    """Whether all readouts can stand at the end, so that a final state has their moments."""
    return split_reads(system.circuit) is not None


def cutoff_of(system, backend):
    """Fock states of a mode; beyond 40 MrMustard's loss takes seconds."""
    return {1: 40, 2: 40 if backend == "mrmustard" else 20, 3: 24}[system.circuit.modes]


def sampled(system, backend):
    """Number of shots, as many as a back end gives in about a second, and the outcomes by name."""
    shots, cutoff = SHOTS, FOCK_CUTOFF
    if backend in ("grid", "branches") and (system.circuit.modes > 1 or system.name == "dephasing"):
        shots = GRID_SHOTS
    if backend == "strawberryfields" and not (gaussian(system) and ends_in_readouts(system)):
        shots = ENGINE_RUNS if gaussian(system) else FOCK_RUNS
    elif fock_states(system, backend):
        cutoff = cutoff_of(system, backend)
    rng = np.random.default_rng([*system.name.encode(), *backend.encode()])
    return shots, run(system.circuit, shots, None, rng, backend, Settings(cutoff, threads=1)).results


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
@pytest.mark.parametrize("backend", NAMES)
def test_samples_have_the_mean_and_variance_of_the_formula(system, backend):
    expected = EXPECTED_REFUSALS.get((system.name, backend))
    try:
        shots, found = sampled(system, backend)
    except InputError as error:
        assert expected is not None, f"an unexpected refusal: {error}"
        assert expected in str(error)
        pytest.skip(str(error))
    assert expected is None, f"it runs, but was expected to be refused: {expected}"
    assert set(found) == set(system.moments)
    for name, (mean, variance) in system.moments.items():
        assert found[name].shape == (shots,)
        assert abs(found[name].mean() - mean) < 5 * sqrt(variance / shots), (name, system.formula)
        square = (found[name] - mean) ** 2
        if shots >= ENGINE_RUNS:
            assert abs(square.mean() - variance) < 5 * square.std() / sqrt(shots), (name, system.formula)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_closed_form_moments_are_the_formula(system):
    if reason := NO_CLOSED_FORM.get(system.name):
        with pytest.raises(NoClosedFormError, match=reason):
            moments(system.circuit)
        return
    found = moments(system.circuit)
    assert set(found.names) == set(system.moments)
    for name, expected in system.moments.items():
        assert found.of(name) == pytest.approx(expected, abs=1e-9, rel=1e-9), (name, system.formula)


def final_states(backend, normal):
    """The systems, normal or not, whose final state a back end must make, and that state has the moments."""
    ran = [s for s in SYSTEMS if (s.name, backend) not in EXPECTED_REFUSALS]
    return [s for s in ran if ends_in_readouts(s) and gaussian(s) is normal]


@pytest.mark.parametrize("system", final_states("mrmustard", True), ids=lambda system: system.name)
def test_gaussian_moments_of_mrmustard_are_the_formula(system):
    law = mrmustard.gaussian_moments(system.circuit)
    found = dict(zip(law.names, zip(law.mean, np.diag(law.cov), strict=True), strict=True))
    assert set(found) == set(system.moments)
    for name, expected in system.moments.items():
        assert found[name] == pytest.approx(expected, abs=1e-6), (name, system.formula)


@pytest.mark.parametrize("system", final_states("strawberryfields", True), ids=lambda system: system.name)
def test_gaussian_moments_of_strawberryfields_are_the_formula(system):
    found = {m.name: (m.mean, m.variance) for m in strawberryfields.moments(system.circuit, 2)}
    assert set(found) == set(system.moments)
    for name, expected in system.moments.items():
        assert found[name] == pytest.approx(expected, abs=1e-6), (name, system.formula)


@pytest.mark.parametrize("system", final_states("mrmustard", False), ids=lambda system: system.name)
def test_kets_in_mrmustard_have_the_moments_of_the_formula(system):
    found = single_modes(system.circuit, cutoff_of(system, "mrmustard"))
    assert set(found) == set(system.moments)
    for name, expected in system.moments.items():
        read, rho = found[name]
        assert quadrature_moments(rho, read.angle) == pytest.approx(expected, abs=TRUNCATION), (name, system.formula)


@pytest.mark.parametrize("system", final_states("strawberryfields", False), ids=lambda system: system.name)
def test_fock_states_of_strawberryfields_have_the_moments_of_the_formula(system):
    found = strawberryfields.moments(system.circuit, cutoff_of(system, "strawberryfields"))
    assert {m.name for m in found} == set(system.moments)
    for m in found:
        assert (m.mean, m.variance) == pytest.approx(system.moments[m.name], abs=TRUNCATION), (m.name, system.formula)


@pytest.mark.parametrize(
    "system",
    [s for s in SYSTEMS if grid.is_still(s.circuit) and (s.name, "grid") not in EXPECTED_REFUSALS],
    ids=lambda system: system.name,
)
def test_moments_on_grids_are_the_formula_within_their_error(system):
    found = grid.moments(system.circuit)
    assert {m.name for m in found} == set(system.moments)
    for m in found:
        assert m.stderr == 0.0 and m.grid_error < 1e-4
        near = pytest.approx(system.moments[m.name], abs=1e-7 + 2 * m.grid_error)
        assert (m.mean, m.variance) == near, (m.name, system.formula)


# --- the tables of this file -----------------------------------------------------------------------------------------


def test_systems_use_every_operation():
    used = {type(op).__name__ for system in SYSTEMS for op in system.circuit.operations}
    assert used == set(OPERATIONS) - set(UNCOVERED)
    assert all(UNCOVERED.values())


def test_names_in_the_tables_exist():
    assert len(BY_NAME) == len(SYSTEMS)
    assert {name for name, _ in EXPECTED_REFUSALS} | set(NO_CLOSED_FORM) <= set(BY_NAME)
    assert {backend for _, backend in EXPECTED_REFUSALS} <= set(NAMES)
    for system in SYSTEMS:
        assert set(system.moments) == set(system.circuit.results)
        assert system.formula


def test_every_back_end_runs_most_systems():
    for backend in NAMES:
        assert sum(name == backend for _, name in EXPECTED_REFUSALS) < len(SYSTEMS) / 2
