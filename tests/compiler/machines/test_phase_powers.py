"""Powers compile exactly where the equal polynomial does, on every profile, and are refused with the equal reason."""

import pytest
from machines_support import IONS, QUICK

from compiler.decompositions.powers import power_as_polynomial
from compiler.errors import CircuitError, NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation
from compiler.ir.polynomial import Polynomial
from compiler.machines import machine_of
from compiler.machines.ions import Ions
from compiler.pipeline import compile_circuit
from hardware_profiles import Profile, load_profile, profile_from_data, profile_names

COMPILED = {
    **dict.fromkeys(("ideal-cubic", "ideal-teleported", "photonic-cubic", "photonic-teleported", "cavity-snail"), 5),
    "trapped-ion-motional": 5,
    "mqc3-quadrail": 2,
}
"""The largest order that compiles, of those tried."""

RESULTS = {"m": 0.2, "n": -0.1}


def outcome(circuit: Circuit, profile: Profile) -> tuple[str, object]:
    """What a compilation gives: the native operations, or the error with the two kinds of phase under one name."""
    settings = IONS if isinstance(machine_of(profile), Ions) else None
    try:
        program = compile_circuit(circuit, profile, options=QUICK, settings=settings)
    except (CircuitError, NotMappableError) as error:
        return type(error).__name__, str(error).replace("PhasePower", "PolynomialPhase")
    assert program.verification.equivalent
    return "compiled", program.circuit.operations


def around(profile: Profile, phase: Operation) -> Circuit:
    """A phase of mode 0 beside a shear and a cubic or quadratic phase, on squeezed modes; m and n are read before."""
    r = machine_of(profile).default_squeezing(profile)
    before: list[Operation] = [ops.PrepareSqueezed((m,), -r) for m in range(3)]
    if ops.used(phase):
        before += [ops.Homodyne((m,), 0.0, name) for m, name in ((1, "m"), (2, "n"))]
    return Circuit(3, (*before, ops.Shear((0,), 0.05), phase, ops.phase(Polynomial.monomial((0, 0), 0.02))))


@pytest.mark.parametrize("order", range(1, 6))
@pytest.mark.parametrize("name", profile_names())
def test_powers_compile_where_polynomials_do(name, order):
    profile = load_profile(name)
    for strength in (0.002, sum((Polynomial.monomial((r,), c) for r, c in RESULTS.items()), Polynomial())):
        power = ops.PhasePower((0,), order, strength)
        found, wanted = (outcome(around(profile, op), profile) for op in (power, power_as_polynomial(power)))
        assert found == wanted
        if isinstance(strength, float):
            assert (found[0] == "compiled") == (order <= COMPILED.get(name, 0))
    fed = outcome(around(profile, ops.PhasePower((0,), 3, Polynomial.monomial(("m",)))), profile)
    assert (fed[0] == "compiled") == (name in COMPILED and COMPILED[name] == 5 and name != "trapped-ion-motional")


def test_orders_up_to_twelve_compile():
    ideal = load_profile("ideal-cubic")
    for order in range(6, 13):
        assert outcome(Circuit(1, (ops.PhasePower((0,), order, 0.01),)), ideal)[0] == "compiled"


def test_native_powers_stay_and_others_become_polynomials():
    data = load_profile("ideal-cubic").model_dump(mode="json")
    data["operations"]["PhasePower"] = {"availability": "native", "orders": [4]}
    profile = profile_from_data(data, "powers")
    native = Circuit(1, (ops.PhasePower((0,), 4, 0.2),))
    assert compile_circuit(native, profile).circuit == native
    for order in (1, 2, 3, 5):
        program = compile_circuit(Circuit(1, (ops.PhasePower((0,), order, 0.2),)), profile)
        kinds = {type(op).__name__ for op in program.circuit.operations}
        assert program.verification.equivalent and ("PhasePower" in kinds) == (order == 5)  # x^5 borrows fourth powers


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_powers_meet_polynomials(order):
    """A power and minus the same as a polynomial leave nothing, whichever comes first."""
    power = ops.PhasePower((0,), order, 0.24)
    minus = ops.phase(Polynomial.monomial((0,) * order, -0.24 / order))
    for pair in ((power, minus), (minus, power)):
        assert compile_circuit(Circuit(1, pair), load_profile("ideal-cubic")).circuit.operations == ()


@pytest.mark.parametrize("name", ["ideal-cubic", "photonic-cubic", "cavity-snail", "trapped-ion-motional"])
def test_cubic_states_are_made_of_squeezed_light_where_no_source_makes_them(name):
    profile = load_profile(name)
    made = (ops.PrepareCubic((0,), 0.05, 0.3), ops.Displacement((0,), 0.1, 0.0))
    parts = (ops.PrepareSqueezed((0,), -0.3), ops.CubicPhase((0,), 0.05), ops.Displacement((0,), 0.1, 0.0))
    found, wanted = (outcome(Circuit(1, some), profile) for some in (made, parts))
    assert found == wanted and found[0] == "compiled"


def test_native_cubic_states_stay():
    state = Circuit(1, (ops.PrepareCubic((0,), 0.05, 0.3),))
    assert compile_circuit(state, load_profile("photonic-teleported")).circuit == state
