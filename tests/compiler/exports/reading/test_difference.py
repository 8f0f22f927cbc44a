"""What was read back from a file is what was written: noise and Kerr gates at their places, preparations as states."""

import pytest

from compiler.exports.reading.difference import difference
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

CUBE = ops.CubicPhase((1,), 0.2)
MOVE = ops.Displacement((0,), 1.0, 0.0)


@pytest.mark.parametrize("beside", [(), (CUBE,)], ids=["Gaussian", "not Gaussian"])
@pytest.mark.parametrize(
    "noise",
    [ops.Loss((0,), 0.5), ops.ThermalLoss((0,), 0.5, 0.2), ops.Kerr((0,), 0.3), ops.Dephasing((0,), 0.1)],
    ids=lambda op: type(op).__name__,
)
def test_a_displacement_is_not_moved_past_noise(noise, beside):
    """A loss of half shrinks it by sqrt(1 / 2), and the others turn it: a marker that it commutes with sees nothing."""
    written = Circuit(2, (MOVE, noise, *beside))
    assert difference(written, written) == ""
    assert "differs" in difference(Circuit(2, (noise, MOVE, *beside)), written)
    assert "did not survive" in difference(Circuit(2, (MOVE, *beside)), written)


def test_results_are_matched_by_time_and_lost_modes_come_back():
    kick = Polynomial.monomial(("y",), 0.3)
    written = Circuit(4, (ops.Homodyne((1,), 0.2, "y"), ops.Displacement((0,), kick, 0.0)), (1,))
    other = Circuit(2, (ops.Homodyne((1,), 0.2, "m0"), ops.Displacement((0,), kick.relabel(lambda v: "m0"), 0.0)))
    assert difference(other, written) == ""
    assert "readouts" in difference(Circuit(2), written)
    assert "modes" in difference(Circuit(5, written.operations), written)


def test_a_state_may_come_back_as_gates():
    written = Circuit(2, (ops.PrepareCubic((0,), 0.4, 0.7), CUBE))
    gates = ops.PrepareVacuum((0,)), ops.Squeeze((0,), -0.7), ops.CubicPhase((0,), 0.4), CUBE
    assert difference(Circuit(2, gates), written) == ""
    wrong = (*gates[:1], ops.Squeeze((0,), -0.7 * (1 + 1e-6)), *gates[2:])
    assert "differs" in difference(Circuit(2, wrong), written)
