"""Depth and the critical path wait for modes, for results, and for the durations of the profile."""

import pytest

from compiler.costs.resources import resources
from compiler.costs.schedule import asap
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from hardware_profiles import load_profile, profile_from_data

IDEAL = load_profile("ideal-cubic")


def test_depth_waits_for_modes_and_results():
    wait = Circuit(
        3,
        (
            ops.CubicPhase((0,), 0.1),
            ops.CubicPhase((1,), 0.1),
            ops.Homodyne((0,), 0.0, "y"),
            ops.Displacement((2,), Polynomial.monomial(("y",)), 0.0),
        ),
    )
    assert resources(wait).depth == 3  # cubic, homodyne, displacement that waits for the result
    assert resources(wait).non_gaussian_depth == 1
    assert resources(wait).total_cubic_strength == pytest.approx(0.2)
    assert resources(Circuit(0)).depth == 0


def test_the_critical_path_takes_the_profile_s_durations():
    circuit = Circuit(
        3,
        (
            ops.CubicPhase((0,), 0.1),
            ops.Squeeze((1,), 0.1),
            ops.Squeeze((1,), 0.2),
            ops.BeamSplitter((0, 1), 0.3),
            ops.Homodyne((1,), 0.0, "y"),
            ops.Displacement((2,), Polynomial.monomial(("y",)), 0.0),
        ),
    )
    data = IDEAL.model_dump(mode="json")
    seconds = {"CubicPhase": 5e-6, "Squeeze": 1e-6, "BeamSplitter": 1e-7, "Homodyne": 2e-6, "Displacement": 1e-8}
    for name, value in seconds.items():
        quantity = {"value": value, "source": "made up for this test", "date": "2026-11-22", "mark": "A"}
        data["operations"][name]["duration_s"] = quantity
    timed = asap(circuit, profile_from_data(data, "test"))
    assert timed.layers == (1, 1, 2, 3, 4, 5)
    assert timed.critical_path == (0, 3, 4, 5)  # one cubic gate takes longer than two squeezers
    assert timed.duration_s == pytest.approx(5e-6 + 1e-7 + 2e-6 + 1e-8) and not timed.untimed
    assert timed.starts_s[2] == pytest.approx(1e-6)
    untimed = asap(circuit, IDEAL)
    assert untimed.critical_path == (1, 2, 3, 4, 5) and len(untimed.untimed) == 5
    assert asap(Circuit(2)).critical_path == ()
