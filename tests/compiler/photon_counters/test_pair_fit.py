"""X8 takes the Gaussian states that fit its pairs, and refuses all others with the reason."""

import re
from dataclasses import replace

import numpy as np
import pytest
from photon_counters import X8, haar, pair, rows

from compiler.errors import InputError, NotMappableError
from compiler.exports.strawberryfields.device import compile_pairs, counted_state, paired_program
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.photon_counters.graph_states import graph_state
from compiler.photon_counters.pair_fit import PairedDevice, PairedProgram, fit_pairs, pair_reasons
from compiler.semantics.gaussian_state import prepared_state

EVERY_PAIR = tuple(op for m in range(4) for op in pair(1.0, m, m + 4))
SYMBOL = Polynomial.monomial(("w",))
RESULT = Polynomial.monomial(("y",))


@pytest.mark.parametrize("levels", [(1.0,) * 4, (1.0, 0.0, 0.0, 1.0), (0.0,) * 4, (0.0, 1.0, 1.0, 1.0)])
def test_x8_takes_what_fits(levels):
    """Random unitaries; `compile_pairs` compares the covariance of what Strawberry Fields compiled."""
    rng = np.random.default_rng(3)
    for _ in range(3):
        program = PairedProgram(levels, rows(haar(rng, 4)))
        circuit = program.circuit()
        np.testing.assert_allclose(
            counted_state(paired_program(program)).cov, prepared_state(circuit).cov, atol=1e-12
        )  # the S2gate has our sign
        fitted = fit_pairs(circuit, X8)
        assert sorted(fitted.squeezing) == sorted(levels)
        np.testing.assert_allclose(prepared_state(fitted.circuit()).cov, prepared_state(circuit).cov, atol=1e-9)
        compiled = compile_pairs(circuit, X8)
        assert [type(c.op).__name__ for c in compiled.circuit].count("MZgate") == 12


def test_another_paired_device():
    device = PairedDevice("two pairs", 2, (0.0, 0.7))
    program = PairedProgram((0.7, 0.0), rows(haar(np.random.default_rng(9), 2)))
    compile_pairs(program.circuit(), device, "X4")
    assert pair_reasons(program.circuit(), X8)[0].reason


UNFIT_FOR_X8 = {
    "nine modes": (Circuit(9, EVERY_PAIR), "the circuit", "has 9 modes, but the device has 8"),
    "level": (Circuit(8, pair(0.5)), "operation 0 PrepareSqueezed", "r = 0.5, which is not available"),
    "unequal unitaries": (
        Circuit(8, (*EVERY_PAIR, ops.BeamSplitter((0, 1), 0.3))), "operation 12 BeamSplitter", "unequal unitaries"),
    "other pair": (Circuit(8, pair(1.0, 0, 5)), "operation 0 PrepareSqueezed", "a pair other than"),
    "single-mode squeezing": (
        Circuit(8, (*EVERY_PAIR, ops.Squeeze((2,), 0.4))), "operation 12 Squeeze", "mode 2 is squeezed alone"),
    "halves mixed": (
        Circuit(8, (*EVERY_PAIR, ops.BeamSplitter((1, 6), 0.3))), "operation 12 BeamSplitter", "same half"),
    "squeezed signals": (
        Circuit(8, (*pair(1.0), ops.Squeeze((1,), 0.0), *pair(1.0, 1, 2))), "operation 4 Prepare",
        "modes 1 and 2 of the same half"),
    "cubic": (Circuit(8, (*EVERY_PAIR, ops.CubicPhase((0,), 0.1))), "operation 12 CubicPhase", "not Gaussian"),
    "3-edge": (
        Circuit(8, (*EVERY_PAIR, ops.phase(Polynomial.monomial((0, 1, 2), 0.3)))), "operation 12", "not Gaussian"),
    "homodyne": (Circuit(8, (*EVERY_PAIR, ops.Homodyne((0,), 0.0, "y"))), "operation 12 Homodyne", "no homodyne"),
    "feed-forward": (
        Circuit(8, (ops.Homodyne((0,), 0.0, "y"), ops.Rotation((1,), RESULT))), "operation 1 Rotation",
        "depends on y, and the device has no feed-forward"),
    "displacement": (
        Circuit(8, (*EVERY_PAIR, ops.Displacement((0,), 0.0, 0.2))), "operation 12 Displacement", "no displacement"),
    "loss": (Circuit(8, (ops.Loss((0,), 0.9), *EVERY_PAIR)), "operation 0 Loss", "are its own"),
    "mixed": (Circuit(8, (*EVERY_PAIR, ops.PrepareVacuum((4,)))), "operation 12 PrepareVacuum", "is mixed"),
    "symbol": (
        Circuit(8, (ops.Rotation((0,), SYMBOL),), symbols=("w",)), "the circuit", "free parameters w"),
    "cluster of weight 1": (
        graph_state(np.array([[0.0, 1.0], [1.0, 0.0]]), 1.0), "operation 0 PrepareSqueezed", "same half"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT_FOR_X8)
def test_x8_refuses_with_the_reason(name):
    circuit, operation, reason = UNFIT_FOR_X8[name]
    reasons = pair_reasons(circuit, X8)
    assert any(r.operation.startswith(operation) and re.search(reason, r.reason) for r in reasons), reasons
    assert all(r.relaxation for r in reasons)
    with pytest.raises(NotMappableError, match="not mappable to xanadu-x8, because"):
        compile_pairs(circuit, X8)


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: replace(X8, pairs=0), "at least 1 pair"),
        (lambda: fit_pairs(Circuit(8, pair(0.5)), X8), "not mappable to xanadu-x8"),
    ],
)
def test_bad_input_is_one_clear_error(call, match):
    with pytest.raises(InputError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_level_is_taken_with_all_its_digits():
    """What is accepted as a level is compiled to it, and the proof holds; what is not is told the level to type."""
    from compiler.errors import NotMappableError
    from compiler.pipeline import compile_circuit
    from hardware_profiles import load_profile, profile_from_data

    data = load_profile("xanadu-x8").to_data()
    (level,) = [q for q in data["primitives"]["TwoModeSqueezing"]["ranges"]["r"]["levels"] if q["value"] > 0.0]
    level["value"] = 1.23456789
    profile = profile_from_data({**data, "name": "other-levels"}, "other-levels")
    for r in (1.23457, 1.2345):
        with pytest.raises(NotMappableError, match=r"take r = 1\.23456789, the nearest level"):
            compile_circuit(Circuit(8, pair(r)), profile)
    assert compile_circuit(Circuit(8, pair(1.23456789)), profile).verification.equivalent
