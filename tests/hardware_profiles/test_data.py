"""The shipped profiles: no number without provenance, marks in plain sight, and what each device can and cannot do."""

import sys
from math import exp, log, log10, pi

import pytest
from places import ROOT

from compiler.costs.fibre import fibre_loss_db_per_s
from compiler.ir.operations import OPERATIONS
from hardware_profiles import Mark, load_profile, profile_names, profile_page
from hardware_profiles.loader import DATA

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROVENANCE = {"value", "source", "date", "mark"}
COUNTED = {"version", "orders", "modes", "pairs", "spins"}
"""Keys whose whole numbers count or point at something, and are no data of a device."""
STATED = ("ideal-cubic", "photonic-cubic", "xanadu-x8", "xanadu-borealis", "mqc3-quadrail", "trapped-ion-motional")
STATED += ("trapped-ion-qscout", "cavity-snail", "xanadu-aurora", "photonic-gkp")


def bare_numbers(value, path=()):
    """Paths of numbers that stand outside a table of value, source, date and mark."""
    if isinstance(value, dict):
        if set(value) == PROVENANCE:
            return []
        return [found for key, item in value.items() for found in bare_numbers(item, (*path, key))]
    if isinstance(value, list):
        return [found for item in value for found in bare_numbers(item, path)]
    counted = any(key in COUNTED for key in path)
    return [path] if isinstance(value, int | float) and not isinstance(value, bool) and not counted else []


def test_bare_numbers_are_found():
    assert bare_numbers({"a": {"loss": 0.1}, "b": [{"x": 1}], "version": 1, "flag": True}) == [
        ("a", "loss"),
        ("b", "x"),
    ]
    assert bare_numbers({"a": {"value": 0.1, "source": "paper", "mark": "F"}}) == [("a", "value")]


@pytest.mark.parametrize("name", profile_names())
def test_every_number_has_its_provenance(name):
    assert bare_numbers(tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))) == []


def test_all_devices_are_there():
    assert set(STATED) <= set(profile_names())


@pytest.mark.parametrize("name", profile_names())
def test_shipped_profiles_are_sound(name):
    profile = load_profile(name)
    assert profile.name == name
    assert set(profile.operations) <= set(OPERATIONS)
    for path, quantity in profile.quantities().items():
        assert len(quantity.source) > 8, path
        assert profile.status == "hypothetical" or quantity.mark is not Mark.ASSUMED, path
    for operation, spec in profile.operations.items():
        assert spec.note or spec.availability.value != "unavailable", f"{operation} is unavailable, and no reason given"


@pytest.mark.parametrize("name", profile_names())
def test_pages_are_up_to_date(name):
    page = (ROOT / "docs" / "profiles" / f"{name}.md").read_text(encoding="utf-8")
    assert page == profile_page(load_profile(name)), "run: khrnn profiles page"


def test_there_are_no_pages_of_other_profiles():
    assert {path.stem for path in (ROOT / "docs" / "profiles").glob("*.md")} == set(profile_names())


@pytest.mark.parametrize("name", profile_names())
def test_pages_show_every_number_and_what_is_unverified(name):
    page = profile_page(load_profile(name))
    for path, quantity in load_profile(name).quantities().items():
        (row,) = (line for line in page.splitlines() if line.startswith(f"| `{path}` |"))
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        assert cells[2] == quantity.mark.value + (" **unverified**" if quantity.mark.value in {"R", "F2"} else "")
        assert cells[3:] == [quantity.source, quantity.date.isoformat()]
        assert float(cells[1]) == pytest.approx(quantity.value, rel=1e-9)  # ten digits are shown


def test_what_can_be_measured():
    kinds = {name: set(load_profile(name).measurement) for name in profile_names()}
    assert kinds["xanadu-x8"] == kinds["xanadu-borealis"] == {"photon-counting"}
    assert kinds["trapped-ion-motional"] == kinds["trapped-ion-qscout"] == {"spin-one-bit"}
    for name in profile_names():
        assert load_profile(name).is_native("Homodyne") == ("homodyne" in kinds[name]), name


def value(profile, path):
    return profile.quantities()[path].value


def test_derived_numbers_follow_from_their_sources():
    """Marks D, from the numbers that their sources name; to the digits that are given."""
    ion, mqc3, cavity = map(load_profile, ("trapped-ion-motional", "mqc3-quadrail", "cavity-snail"))
    photonic, borealis = load_profile("photonic-teleported"), load_profile("xanadu-borealis")
    per_r = 20.0 / log(10.0)  # e^{-2r} in dB
    assert value(ion, "operations.Squeeze.ranges.r.maximum") == pytest.approx(12.91 / per_r, abs=5e-4)
    assert exp(-value(ion, "noise.dephasing_rad2_per_s") * 1.0 / 2.0) == pytest.approx(exp(-1.0))
    resource = value(mqc3, "macronode.squeezing_db")
    assert value(mqc3, "operations.PrepareSqueezed.ranges.r.levels.0") == pytest.approx(resource / per_r, abs=1e-4)
    assert value(mqc3, "macronode.added_variance") == pytest.approx(2.0 * 10.0 ** (-resource / 10.0), abs=1e-4)
    assert value(cavity, "noise.loss_db_per_s") == pytest.approx(
        10.0 * log10(exp(1.0)) / value(cavity, "facts.lifetime_s"), rel=1e-4
    )
    fibre = fibre_loss_db_per_s(value(photonic, "facts.fibre_db_per_km"), 1.469)
    assert value(photonic, "noise.loss_db_per_s") == pytest.approx(fibre, rel=1e-3)
    assert value(borealis, "clock.bin_s") == pytest.approx(value(borealis, "clock.sample_s") / 216, rel=1e-3)
    assert value(borealis, "operations.BeamSplitter.ranges.phi.levels.0") == pi / 2


def test_numbers_that_follow_from_light_that_was_lost():
    """Squeezed light of transmission eta has at least 1 - eta of the vacuum's variance; two modes enter a gate."""
    aurora, gkp, mqc3 = map(load_profile, ("xanadu-aurora", "photonic-gkp", "mqc3-quadrail"))
    eta = 10.0 ** (-value(aurora, "operations.PrepareSqueezed.loss_db") / 10.0)
    assert eta < 0.05  # over 95 % is lost
    assert value(aurora, "facts.squeezing_after_loss_db") == pytest.approx(-10.0 * log10(1.0 - eta), abs=1e-3)
    for gate in ("Rotation", "Shear", "Squeeze", "BeamSplitter", "ControlledZ"):
        assert value(aurora, f"operations.{gate}.added_variance") == pytest.approx(2.0 * (1.0 - eta), abs=1e-3)
        assert value(gkp, f"operations.{gate}.added_variance") == pytest.approx(2.0 * (0.82 * 0.1 + 0.18), abs=1e-3)
    assert value(aurora, "primitives.PhotonCounting.loss_db") == pytest.approx(-10.0 * log10(0.44), abs=5e-3)
    assert value(aurora, "facts.modes_of_the_cluster_run") == 12 * value(aurora, "clock.rate_hz") * 7200
    assert value(gkp, "operations.PrepareSqueezed.loss_db") == pytest.approx(-10.0 * log10(0.82), abs=1e-3)
    assert value(gkp, "operations.PrepareSqueezed.ranges.r.maximum") == pytest.approx(log(10.0) / 2.0, abs=1e-3)
    assert value(gkp, "primitives.PhotonCounting.loss_db") == pytest.approx(-10.0 * log10(0.9989), abs=1e-5)
    width = 10.0 ** (-value(gkp, "facts.lattice_squeezing_db") / 10.0)
    assert value(gkp, "facts.stabiliser_magnitude") == pytest.approx(exp(-pi * width), abs=5e-5)
    noise = -(1.63 + 1.45 + 2 * 1.49) / 4.0
    squeezing = 10.0 * log10(2.0) - noise
    assert value(mqc3, "facts.squeezing_from_teleportation_db") == pytest.approx(squeezing, abs=6e-3)
    assert value(mqc3, "clock.steps") * 101 / value(mqc3, "clock.rate_hz") == pytest.approx(1.01e-3)


def test_borealis_is_as_strawberry_fields_says():
    """Delays and range of phases, against Strawberry Fields' own compiler."""
    from strawberryfields.compilers.tdm import Borealis

    for name in ("xanadu-borealis", "xanadu-borealis-dummy"):
        profile = load_profile(name)
        assert [loop.delay_bins.value for loop in profile.topology.loops] == Borealis.delays
        theta = profile.operations["Rotation"].ranges["theta"]
        assert [theta.minimum.value, theta.maximum.value] == Borealis.phi_range
        assert len(profile.measurement["photon-counting"].channel_efficiencies) == 16


def test_the_dummy_fixture_shares_what_it_does_not_change():
    base, dummy = load_profile("xanadu-borealis"), load_profile("xanadu-borealis-dummy")
    assert dummy.clock == base.clock and dummy.operations["Rotation"] == base.operations["Rotation"]
    assert dummy.topology.kind == "loops" and dummy.topology.max_modes == base.topology.max_modes
    assert dummy.measurement["photon-counting"].note == base.measurement["photon-counting"].note
    assert dummy.measurement["photon-counting"].efficiency.value == 0.551
    r = dummy.operations["PrepareSqueezed"].ranges["r"]
    assert r.shared and [level.value for level in r.levels] == [0.0, 0.712, 1.019, 1.212]


def test_teleported_extends_photonic():
    base, full = load_profile("photonic-cubic"), load_profile("photonic-teleported")
    assert full.operations["BeamSplitter"] == base.operations["BeamSplitter"]
    assert base.is_native("CubicPhase") and not full.is_native("CubicPhase")
    assert full.operations["CubicPhase"].loss_db is None  # the native gate's own is not inherited
    assert 0.0 < full.operations["PrepareCubic"].success_probability.value < 1.0


def test_heralding_is_as_computed():
    from simulations.heralding.resource_states import weak_cubic_target
    from simulations.heralding.schemes import SCHEMES, quality

    profile, scheme = load_profile("photonic-teleported"), SCHEMES["weak-cubic-0.3"]
    for eta, probability, fidelity in (
        (1.0, "operations.PrepareCubic.success_probability", "operations.PrepareCubic.fidelity"),
        (0.95, "facts.heralding_success_at_5_percent_loss", "facts.heralding_fidelity_at_5_percent_loss"),
    ):
        found = quality(scheme, weak_cubic_target(0.3, 4), eta)
        assert found.probability == pytest.approx(value(profile, probability), abs=1e-5)
        assert found.fidelity == pytest.approx(value(profile, fidelity), abs=1e-5)
