"""The positions that a phase meets follow closed forms."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from compiler.errors import NotMappableError
from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.powers import polynomial_along
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines.ion_positions import position_laws


def test_positions_follow_closed_forms():
    """Displacement, squeezer, beamsplitter before a phase: mean and deviation of u.x by hand."""
    circuit = Circuit(
        2,
        (
            ops.PrepareSqueezed((0,), -0.5),
            ops.PrepareVacuum((1,)),
            ops.Displacement((0,), 0.7, 0.0),
            ops.Squeeze((1,), -0.2),
            ops.BeamSplitter((0, 1), 0.3),
            ops.phase(polynomial_along((0, 1), (0.6, 0.8), LinePhase((0.0, 0.0, 0.0, 0.1)))),
        ),
    )
    (law,) = position_laws(circuit, "test", 1.0)
    u = np.array([0.6, 0.8]) @ np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    assert law.mean == pytest.approx(u[0] * 0.7)
    assert law.deviation == pytest.approx(np.sqrt(u[0] ** 2 * exp(1.0) + u[1] ** 2 * exp(0.4)))
    (free,) = position_laws(Circuit(1, (ops.phase(Polynomial.monomial((0, 0), 0.1)),)), "test", 0.4)
    assert free.deviation == pytest.approx(exp(0.4))


def test_a_kicked_momentum_that_is_passed_on_is_followed():
    """A phase on mode 0, a beamsplitter, a rotation of mode 1: the position of mode 1 is no Gaussian one any more.

    Its momentum holds sin(pi/4) times the kick 0.1 * 3 x_0^2, which the Gaussian law leaves out.
    """
    cube = polynomial_along((0,), (1.0,), LinePhase((0.0, 0.0, 0.0, 0.1)))
    later = polynomial_along((1,), (1.0,), LinePhase((0.0, 0.0, 0.0, 0.1)))
    turned = (ops.BeamSplitter((0, 1), np.pi / 4), ops.Rotation((1,), np.pi / 2), ops.phase(later))
    start = (ops.PrepareSqueezed((0,), -0.5), ops.PrepareSqueezed((1,), -0.5))
    with pytest.raises(NotMappableError, match="mixes momenta into positions between phases"):
        position_laws(Circuit(2, (*start, ops.phase(cube), *turned)), "test", 0.5)
    assert len(position_laws(Circuit(2, (*start, *turned)), "test", 0.5)) == 1


def test_every_reason_is_reported():
    """A phase along two directions, a gate that mixes momenta in, and a readout before the last phase."""
    cube = polynomial_along((0,), (1.0,), LinePhase((0.0, 0.0, 0.0, 0.1)))
    two = cube + polynomial_along((1,), (1.0,), LinePhase((0.0, 0.0, 0.0, 0.2)))
    start = (ops.PrepareSqueezed((0,), -0.5), ops.PrepareSqueezed((1,), -0.5))
    turned = ops.Rotation((0,), 0.3), ops.DisplacementReadout((1,), (0.1,), (0.0,), "s")
    with pytest.raises(NotMappableError) as caught:
        position_laws(Circuit(2, (*start, ops.phase(two), *turned, ops.phase(cube))), "test", 0.5)
    assert [reason.operation.split("(")[0] for reason in caught.value.reasons] == [
        "operation 2 PolynomialPhase",
        "operation 3 Rotation",
        "operation 4 DisplacementReadout",
    ]
