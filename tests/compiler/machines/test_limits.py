"""What a profile restricts is refused with a reason and with advice that can be followed."""

from __future__ import annotations

import pytest
from machines_support import IONS, QUICK, number, state

from compiler.errors import InputError, NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines.limits import absent_operations, impossible_phases, native_violations
from compiler.pipeline import compile_circuit
from hardware_profiles import Profile, load_profile, profile_from_data


def limited(**spec: object) -> Profile:
    """The ideal machine with a limited beamsplitter."""
    data = load_profile("ideal-cubic").model_dump(mode="json")
    data["operations"]["BeamSplitter"] |= spec
    return profile_from_data(data, "test")


@pytest.mark.parametrize(
    "spec, gates, reason",
    [
        ({"modes": [0, 1]}, [(0, 2)], "works on device mode 0, device mode 1 only, found device mode 0, device mode 2"),
        ({"pairs": [[2, 1]]}, [(1, 2), (0, 1)], "works on the pairs device mode 2, device mode 1 only"),
        (
            {"ranges": {"theta": {"levels": [number(0.1), number(0.2)], "shared": True}}},
            [(0, 1, 0.1), (1, 2, 0.2)],
            "the same for all uses.*, found 0.2 beside 0.1",
        ),
        ({"ranges": {"theta": {"levels": [number(0.1)]}}}, [(0, 1, 0.3)], "one of 0.1, found 0.3"),
    ],
)
def test_limits_of_operations(spec, gates, reason):
    profile = limited(**spec)
    circuit = Circuit(3, tuple(ops.BeamSplitter(g[:2], g[2] if len(g) > 2 else 0.1) for g in gates))
    (found,) = native_violations(circuit, profile)
    with pytest.raises(NotMappableError, match=reason):
        raise NotMappableError("test", (found,))
    assert found.operation.startswith(f"operation {len(gates) - 1} ")


def test_operations_per_mode_are_counted_by_site():
    profile = limited(max_per_mode=number(2))
    pairs = ((0, 1), (1, 2), (1, 3), (0, 3))
    circuit = Circuit(4, tuple(ops.BeamSplitter(pair, 0.1) for pair in pairs))
    (found,) = native_violations(circuit, profile)
    assert found.operation == "the operations BeamSplitter of device mode 1"
    assert found.reason == "the profile allows at most 2 per mode, found 3"
    both = native_violations(circuit, profile, (5, 6, 7, 5))  # modes 0 and 3 are at one site
    assert [reason.operation[-1] for reason in both] == ["5", "6"]
    assert not native_violations(circuit.with_operations(circuit.operations[:2]), profile)


@pytest.mark.parametrize("name", ["trapped-ion-motional", "mqc3-quadrail", "xanadu-borealis"])
def test_only_machines_with_a_set_of_gates_limit_operations_per_mode(name):
    data = load_profile(name).model_dump(mode="json")
    operation = next(iter(data["operations"]))
    data["operations"][operation]["max_per_mode"] = number(2)
    with pytest.raises(InputError, match=rf"operations.{operation}.max_per_mode: only machines with a set of gates"):
        profile_from_data(data, "test")
    data = load_profile("photonic-cubic").model_dump(mode="json")
    data["primitives"] = {"Pulse": {"availability": "native", "max_per_mode": number(2)}}
    with pytest.raises(InputError, match=r"primitives.Pulse.max_per_mode"):
        profile_from_data(data, "test")


def test_feed_forward_must_be_there():
    data = load_profile("ideal-cubic").model_dump(mode="json")
    data["measurement"]["homodyne"]["feed_forward"] = False
    kick = ops.Displacement((1,), Polynomial.monomial(("m",)), 0.0)
    circuit = Circuit(2, (ops.Homodyne((0,), 0.0, "m"), kick))
    (found,) = native_violations(circuit, profile_from_data(data, "test"))
    assert found.reason == "it depends on m, and the profile has no feed-forward"


def test_restrictions_hold_on_ions_and_clusters():
    ions = load_profile("trapped-ion-motional").model_dump(mode="json")
    cases = [
        ("PrepareSqueezed", {"modes": [0]}, "PrepareSqueezed works on device mode 0 only"),
        ("PolynomialPhase", {"modes": [0, 1]}, "PolynomialPhase works on device mode 0, device mode 1 only"),
    ]
    for name, spec, reason in cases:
        data = {**ions, "operations": {**ions["operations"], name: {**ions["operations"][name], **spec}}}
        with pytest.raises(NotMappableError, match=reason):
            compile_circuit(state(3, 3, 0.3), profile_from_data(data, "test"), options=QUICK, settings=IONS)
    chain = profile_from_data({**ions, "topology": {"kind": "line"}}, "test")
    with pytest.raises(NotMappableError, match="are not neighbours"):
        compile_circuit(Circuit(3, (ops.BeamSplitter((0, 2), 0.3),)), chain)
    cluster = load_profile("mqc3-quadrail").model_dump(mode="json")
    for spec in ({"availability": "unavailable"}, {"modes": [0]}):
        changed = {**cluster["operations"]["ControlledZ"], **spec}
        data = {**cluster, "operations": {**cluster["operations"], "ControlledZ": changed}}
        with pytest.raises(NotMappableError, match="ControlledZ"):
            compile_circuit(state(4, 2, 0.5756), profile_from_data(data, "test"))
    loops = load_profile("xanadu-borealis").model_dump(mode="json") | {"measurement": {}}
    with pytest.raises(NotMappableError, match="photon counters only"):
        compile_circuit(Circuit(1), profile_from_data(loops, "test"))


def test_advice_on_ranges_can_be_followed():
    levels = {"ranges": {"r": {"levels": [number(0.5), number(-1.0)]}}}
    data = load_profile("ideal-cubic").model_dump(mode="json")
    for name, r, advice in (
        ("PrepareSqueezed", -0.8, "take r = -1, the nearest level"),
        ("PrepareSqueezed", 0.8, "take r = 0.5, the nearest level"),
    ):
        data["operations"][name] |= levels
        (found,) = native_violations(Circuit(1, (ops.PrepareSqueezed((0,), r),)), profile_from_data(data, "test"))
        assert found.relaxation == advice
    data["operations"]["PrepareSqueezed"]["ranges"] = {"r": {"levels": [number(0.5)]}}
    (found,) = native_violations(Circuit(1, (ops.PrepareSqueezed((0,), -0.5),)), profile_from_data(data, "test"))
    assert found.relaxation == "turn the mode by pi/2: no level has this sign of r"
    data["operations"]["Squeeze"]["ranges"] = {"r": {"maximum": number(0.1)}}
    (found,) = native_violations(Circuit(1, (ops.Squeeze((0,), 0.5),)), profile_from_data(data, "test"))
    assert found.relaxation == "lower the weights and strengths until |r| <= 0.1"


def test_the_note_of_a_profile_on_a_missing_readout_is_told():
    read = Circuit(1, (ops.DisplacementReadout((0,), (0.3,), (0.0,), "m"),))
    (reason,) = absent_operations(read, load_profile("cavity-snail"))
    assert reason.reason.endswith(
        "(a transmon in a cavity would control displacements of its mode, arXiv 1907.12487, "
        "but this profile describes no transmon)"
    )
    (bare,) = absent_operations(read, load_profile("photonic-cubic"))
    assert bare.reason.endswith("a GKP ancilla would have to stand in")
    assert absent_operations(read, load_profile("trapped-ion-qscout")) == []


def test_phases_that_no_cubic_gate_makes_are_named_and_quadratic_ones_are_not():
    """On a machine without cubic states; where cubic gates exist, an unlisted power is made of them."""
    aurora, cubic = load_profile("xanadu-aurora"), Polynomial.monomial((0, 0, 0), 0.1)
    quadratic = (ops.phase(Polynomial.monomial((0, 1), 0.1)), ops.PhasePower((0,), 2, 0.1), ops.Shear((0,), 0.1))
    assert impossible_phases(Circuit(2, quadratic), aurora) == []
    others = (ops.phase(cubic), ops.PhasePower((0,), 3, 0.1), ops.CubicPhase((0,), 0.1))
    found = impossible_phases(Circuit(1, others), aurora)
    assert [reason.operation.split()[1] for reason in found] == ["0", "1", "2"]
    assert "no cubic states are made" in found[1].reason and found[2].reason.startswith("CubicPhase is unavailable")
    assert impossible_phases(Circuit(1, others), load_profile("photonic-teleported")) == []
    with pytest.raises(NotMappableError, match="BeamSplitter is unavailable"):
        compile_circuit(Circuit(2, quadratic[:1]), aurora)
