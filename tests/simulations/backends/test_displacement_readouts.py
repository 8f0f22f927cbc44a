"""Back ends that hold no state behind a displacement readout refuse it in one line; the branch simulator runs it."""

import numpy as np
import pytest

from compiler.errors import CircuitError, InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from simulations.backends.readouts import split_reads
from simulations.backends.registry import BACKENDS, run
from simulations.exact import simulate
from simulations.exact.moments import NoClosedFormError, moments

READ = ops.DisplacementReadout((0, 1), (0.5, 0.0), (0.0, 0.2), "s")
CIRCUIT = Circuit(2, (ops.PrepareSqueezed((0,), 0.5), ops.PrepareVacuum((1,)), READ, ops.Homodyne((0,), 0.0, "y")))


@pytest.mark.parametrize("name", ["exact", "grid", "strawberryfields", "mrmustard"])
def test_others_refuse_and_say_who_runs_it(name):
    assert "DisplacementReadout(modes 0, 1)" in (BACKENDS[name].refusal(CIRCUIT) or "")
    with pytest.raises(InputError) as error:
        run(CIRCUIT, 10, None, np.random.default_rng(0), name)
    assert str(error.value).endswith("; try --backend branches") and "\n" not in str(error.value)


def test_what_the_exact_simulator_does_not_hold_is_refused_by_itself_too():
    with pytest.raises((CircuitError, InputError), match="reads only quadratures"):
        simulate(CIRCUIT, 10, np.random.default_rng(0))
    with pytest.raises(NoClosedFormError):
        moments(CIRCUIT)


def test_homodyne_readouts_are_not_put_off_past_a_displacement():
    assert split_reads(CIRCUIT) is None
    assert split_reads(Circuit(2, CIRCUIT.operations[:2] + CIRCUIT.operations[3:])) is not None
