"""Gates that share a spin or a mode follow one another, and all others run at once."""

from itertools import product

import pytest
from ions_support import QUICK

from compiler.errors import InputError
from compiler.ions import PulseTimes, SpinRotation, compile_edge, schedule
from compiler.ions.program import SpinDisplacement


def test_schedules_serialise_what_shares():
    times = PulseTimes(2e-6, 3e-5, 1e-5)
    pairs = [compile_edge(e, 0.1, 2.0, 1e-2, QUICK) for e in ((0, 1), (2, 3), (1, 2), (4, 5))]
    gates = [gate for program in pairs for gate in program.gates]
    serial = sum(times.gate_s(gate) for gate in gates)
    pulse = SpinDisplacement((0, 1), (0.5, -0.8))
    assert times.pulse_s(pulse) == pytest.approx(2.4e-5) and times.pulse_s(SpinRotation(9.0, 0.0)) == 2e-6
    for spins in (1, 2, 3, 8):
        plan = schedule(gates, spins, times)
        assert sorted(map(id, gates)) == sorted(id(entry.gate) for entry in plan.gates)
        assert plan.serial_s == pytest.approx(serial)
        for a, b in product(plan.gates, plan.gates):
            if a is not b and (a.spin == b.spin or set(a.gate.modes) & set(b.gate.modes)):
                assert a.end_s <= b.start_s + 1e-15 or b.end_s <= a.start_s + 1e-15
        assert (plan.waited_for_spin == 0) == (spins >= 3)
    # (1, 2) must follow (0, 1) and (2, 3), and every edge is two sequences on the same modes: four in a row
    one = times.gate_s(gates[0])
    assert schedule(gates, 1, times).duration_s == pytest.approx(serial)
    assert schedule(gates, 8, times).duration_s == pytest.approx(4 * one)
    with pytest.raises(InputError, match="at least 1"):
        schedule(gates, 0, times)
