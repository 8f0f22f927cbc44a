"""What machines lack for one 3-edge: closed forms of simple machines, and what the shipped ones must obey."""

from __future__ import annotations

from datetime import date
from math import exp, log10, pi, sqrt

import pytest

from compiler.ir.circuit import Circuit
from compiler.ir.operations import Homodyne, Loss, Operation, PrepareCubic, PrepareSqueezed, phase
from compiler.ir.polynomial import Polynomial
from compiler.machines import machine_of
from compiler.pipeline import compile_circuit
from hardware_profiles import apply_overrides, load_profile, profile_from_data
from simulations.exact.moments import moments
from simulations.heralding.edge_bound import gaussian_bound, squeezed_vacuum_noise, squeezed_vacuum_r
from simulations.heralding.edge_gap import completed, edge_gap, squeezings

GAMMA = sqrt(27.0) / 8.0
"""Strength over w of the four gates of ``w x_0 x_1 x_2 = (w/24) sum +-(x_0 +- x_1 +- x_2)^3``: 3 sqrt(3)^3 / 24."""


def quantity(value):
    return {"value": value, "source": "a test", "date": "2026-11-30", "mark": "A"}


def machine(base, **operations):
    """A shipped profile with other numbers of operations; ``r`` is the largest squeezing."""
    told = {}
    for name, numbers in operations.items():
        told[name] = {key: quantity(value) for key, value in numbers.items() if key != "r"}
        if "r" in numbers:
            told[name]["ranges"] = {"r": {"maximum": quantity(numbers["r"])}}
    return profile_from_data({"extends": base, "name": "mine", "operations": told}, "a test")


@pytest.mark.parametrize("w", [0.1, 0.3, -1.0])
def test_lost_squeezing_on_an_ideal_machine(w):
    """Loss before perfect gates: A is the variance of a lost squeezed mode, the more squeezed the better."""
    eta = 10.0 ** (-0.3)
    found = edge_gap(machine("ideal-cubic", PrepareSqueezed={"loss_db": 3.0, "r": 0.6}), w)
    squeezed = eta * exp(-1.2) + 1.0 - eta
    assert found.squeezing == pytest.approx(0.6) and found.squeezed == pytest.approx(squeezed)
    assert found.variance == pytest.approx(squeezed) and found.states == "native" and found.loss_db == 3.0
    assert found.lacks_db == pytest.approx(10.0 * log10(squeezed / gaussian_bound(w)))
    assert found.assumed == () and found.unverified == ()


@pytest.mark.parametrize("w", [0.05, 0.3])
def test_teleported_gates_of_an_ideal_machine(w):
    """Each of four gates along ``(+-1, +-1, +-1) / sqrt 3`` adds v / 3 to every momentum: B = 4/3."""
    profile = machine("ideal-teleported", PrepareSqueezed={"r": 0.9}, PrepareCubic={"r": 0.6})
    found = edge_gap(profile, w)
    assert found.coupling == pytest.approx(4.0 / 3.0) and found.gamma == pytest.approx(GAMMA * w)
    assert found.squeezing == pytest.approx(0.9) and found.resource_r == pytest.approx(0.6) and found.states == "own"
    assert found.variance == pytest.approx(exp(-1.8) + 4.0 / 3.0 * exp(-1.2))
    # (4/3) (3/2) (2 GAMMA w)^{2/3} over (3/2) (2 w^2)^{1/3}: the weight drops out
    share = 4.0 / 3.0 * (2.0 * GAMMA) ** (2.0 / 3.0) / 2.0 ** (1.0 / 3.0)
    assert found.least_resource_db == pytest.approx(10.0 * log10(share))
    assert found.least_resource_db == pytest.approx(1.0034, abs=1e-4)


def without_cubic_states(base="ideal-teleported"):
    data = load_profile(base).to_data()
    data["name"] = "gaussian"
    for name in ("CubicPhase", "PrepareCubic"):
        data["operations"][name] = {"availability": "unavailable", "note": "a test"}
    return profile_from_data(data, "a test")


@pytest.mark.parametrize("w", [0.02, 0.3, 2.0])
def test_no_machine_of_gaussian_parts_passes(w):
    """With perfect gates, squeezing without limit and squeezed vacuum for cubic states, a machine stays above T."""
    found = edge_gap(without_cubic_states(), w)
    assert found.states == "missing" and found.assumed == ()
    assert found.variance > gaussian_bound(w)
    assert found.rest == pytest.approx(exp(-2.0 * 2.5), rel=1e-6)  # the most squeezing that is tried
    assert found.variance == pytest.approx(found.rest + 4.0 / 3.0 * squeezed_vacuum_noise(GAMMA * w))


def test_squeezed_vacuum_in_the_place_of_cubic_states_does_as_is_said():
    """The program itself, with squeezed ancillas put in and the nullifier computed from its results."""
    w, r = 0.4, 1.1
    prepared = tuple(PrepareSqueezed((m,), -r) for m in range(3))
    read = (Homodyne((0,), pi / 2, "p"), Homodyne((1,), 0.0, "x"), Homodyne((2,), 0.0, "y"))
    edge = phase(Polynomial.monomial((0, 1, 2), w))
    native = compile_circuit(Circuit(3, (*prepared, edge, *read)), load_profile("ideal-teleported")).circuit
    gaussian = [
        PrepareSqueezed(op.modes, -squeezed_vacuum_r(op.gamma)) if isinstance(op, PrepareCubic) else op
        for op in native.operations
    ]
    nullifier = Polynomial.monomial(("p",)) - Polynomial.monomial(("x", "y"), w)
    variance = moments(native.with_operations(tuple(gaussian)), {"g": nullifier}).of("g")[1]
    assert variance == pytest.approx(exp(-2.0 * r) + 4.0 / 3.0 * squeezed_vacuum_noise(GAMMA * w))


def test_detectors_of_a_machine_without_cubic_states_count():
    """Lossy detectors blur what the gadgets measure: the same program with squeezed ancillas."""
    data = without_cubic_states().to_data()
    data["operations"]["Homodyne"]["loss_db"] = quantity(0.5)
    profile = profile_from_data(data, "a test")
    found = edge_gap(profile, 0.4)
    whole, total = completed(profile), 0.0
    for i, (j, k) in enumerate(((1, 2), (0, 2), (0, 1))):
        prepared = tuple(PrepareSqueezed((m,), -found.squeezing) for m in range(3))
        read = (Homodyne((i,), pi / 2, "p"), Homodyne((j,), 0.0, "x"), Homodyne((k,), 0.0, "y"))
        edge = phase(Polynomial.monomial((0, 1, 2), 0.4))
        native = compile_circuit(Circuit(3, (*prepared, edge, *read)), whole).circuit
        operations: list[Operation] = []
        for op in native.operations:
            cubic = isinstance(op, PrepareCubic)
            operations += [Loss(op.modes, 10.0**-0.05)] if isinstance(op, Homodyne) else []
            operations.append(PrepareSqueezed(op.modes, -found.resource_r) if cubic else op)
        nullifier = Polynomial.monomial(("p",)) - Polynomial.monomial(("x", "y"), 0.4)
        total += moments(native.with_operations(tuple(operations)), {"g": nullifier}).of("g")[1] / 3.0
    assert found.variance == pytest.approx(total, rel=1e-5) and found.variance > gaussian_bound(0.4)


def test_the_best_squeezing_is_between_those_that_are_tried_first():
    """Loss makes ever more squeezing worse; a dense search of the same machine finds nothing better."""
    profile = load_profile("photonic-cubic")
    found = edge_gap(profile, 0.3)
    assert found.squeezing not in squeezings(profile)
    for r in (found.squeezing - 0.05, found.squeezing + 0.05):
        fixed = edge_gap(machine("photonic-cubic", PrepareSqueezed={"r": r}), 0.3)
        assert fixed.variance > found.variance or fixed.squeezing < r


def cluster_of(squeezing_db):
    """The cluster machine with other resource states, and all that follows from them."""
    data = load_profile("mqc3-quadrail").to_data()
    data["name"] = "better"
    data["macronode"]["squeezing_db"]["value"] = squeezing_db
    data["macronode"]["antisqueezing_db"]["value"] = max(10.0, squeezing_db)
    data["macronode"]["added_variance"]["value"] = 2.0 * 10.0 ** (-squeezing_db / 10.0)
    for level in data["operations"]["PrepareSqueezed"]["ranges"]["r"]["levels"]:
        level["value"] *= squeezing_db / 5.0
    for spec in data["operations"].values():
        if spec.get("added_variance"):
            spec["added_variance"]["value"] *= 10.0 ** ((5.0 - squeezing_db) / 10.0)
    return profile_from_data(data, "a test")


def test_squeezing_alone_does_not_mend_the_cluster_machine():
    """Its modes start as squeezed as its resource, and the spread of positions multiplies the noise of the gates."""
    shipped, same, more, most = (
        edge_gap(profile, 0.3)
        for profile in (load_profile("mqc3-quadrail"), cluster_of(5.0), cluster_of(10.0), cluster_of(30.0))
    )
    assert shipped.states == "missing" and shipped.rest == same.rest
    assert shipped.squeezed == pytest.approx(2.0 * 10.0**-0.5, rel=1e-3)  # a mode starts as half of a measured pair
    assert shipped.rest_lacks_db > more.rest_lacks_db + 4.0 > most.rest_lacks_db + 4.0 > 7.0


def test_aurora_and_the_integrated_source():
    aurora, source = (edge_gap(load_profile(name), 0.3) for name in ("xanadu-aurora", "photonic-gkp"))
    eta = 10.0**-1.4
    assert aurora.squeezed == pytest.approx(1.0 - eta + eta * exp(-5.0)) and aurora.loss_db == 14.0
    assert aurora.squeezing_db < aurora.needed_squeezing_db < source.squeezing_db
    assert aurora.lacks_db > source.lacks_db > 10.0
    assert aurora.states == source.states == "missing" and aurora.assumed == ()
    assert "operations.PrepareSqueezed.loss_db" in aurora.unverified
    assert "operations.BeamSplitter.added_variance" in aurora.unverified  # derived from that loss


def test_machines_that_read_no_quadrature_have_no_answer():
    for name in ("xanadu-x8", "xanadu-borealis", "trapped-ion-motional", "trapped-ion-qscout"):
        assert edge_gap(load_profile(name), 0.3) is None


def test_loss_makes_less_squeezed_cubic_states_the_better_ones():
    """At 15 dB, as it compiles, photonic-teleported is above the bound; at its best it is below."""
    profile = load_profile("photonic-teleported")
    found = edge_gap(profile, 0.3)
    assert 0.9 < found.resource_r < 1.2 and found.lacks_db < 0.0 and found.resource_mark == "A"
    fixed = apply_overrides(profile, {"operations.PrepareCubic.ranges.r.maximum": found.resource_r}, date.today())
    prepared = tuple(PrepareSqueezed((m,), -found.squeezing) for m in range(3))
    edge = phase(Polynomial.monomial((0, 1, 2), 0.3))
    total = 0.0
    for i, (j, k) in enumerate(((1, 2), (0, 2), (0, 1))):
        read = (Homodyne((i,), pi / 2, "p"), Homodyne((j,), 0.0, "x"), Homodyne((k,), 0.0, "y"))
        program = compile_circuit(Circuit(3, (*prepared, edge, *read)), fixed)
        noisy = machine_of(fixed).noisy(program.circuit, fixed).circuit
        nullifier = Polynomial.monomial(("p",)) - Polynomial.monomial(("x", "y"), 0.3)
        total += moments(noisy, {"g": nullifier}).of("g")[1] / 3.0
    assert total == pytest.approx(found.variance, rel=1e-5)


def test_what_a_profile_states_is_kept_when_it_is_completed():
    whole = completed(load_profile("xanadu-aurora"))
    assert whole.operations["BeamSplitter"].added_variance.value == 1.92
    assert whole.is_native("BeamSplitter") and whole.operations["PrepareSqueezed"].loss_db.value == 14.0
    assert completed(load_profile("photonic-teleported")).noise == load_profile("photonic-teleported").noise
    assert whole.topology.max_modes is None and whole.name == "xanadu-aurora-completed"
    cluster = completed(load_profile("mqc3-quadrail"))
    assert cluster.is_native("ControlledZ") and cluster.macronode is None


def test_squeezings_that_are_tried():
    assert squeezings(load_profile("mqc3-quadrail")) == (0.5756,)
    found = squeezings(load_profile("photonic-gkp"))
    assert len(found) == 12 and found[-1] == 1.151 and min(found) > 0.0
