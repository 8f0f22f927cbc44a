"""Costs of programs that read displacements: their schedule, their noise in place, and the loss of their modes."""

import pytest

from compiler.costs.logical_loss import loss_per_mode
from compiler.costs.resources import resources
from compiler.costs.schedule import waits
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.routing.order import predecessors

READ = ops.DisplacementReadout((0, 2), (0.5, 0.25), (0.0, 0.125), "s")
KICK = ops.Displacement((1,), Polynomial.monomial(("s",), 0.3), 0.0)


def test_operations_wait_for_the_readout_of_their_modes_and_of_the_bit():
    """Also functions of position, which wait for no order among themselves."""
    circuit = Circuit(3, (ops.ControlledZ((0, 1), 0.1), READ, ops.ControlledZ((0, 2), 0.2), KICK))
    assert waits(circuit) == [[], [0], [1, 1], [0, 1]]
    assert predecessors(circuit) == [set(), {0}, {1}, {0, 1}]
    assert resources(circuit).depth == 3


def test_loss_behind_a_readout_is_that_of_the_modes_that_live_on():
    """A shift by the bit has no part that is linear in what came in."""
    circuit = Circuit(3, (ops.Loss((0,), 0.5), READ, KICK, ops.Loss((0,), 0.5), ops.Loss((1,), 0.5)))
    found = loss_per_mode(circuit)
    assert found.logical_db == pytest.approx((6.0206, 3.0103, 0.0), abs=1e-4)
