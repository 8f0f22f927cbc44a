"""Longer sequences have smaller errors, and an error that is out of reach is refused."""

from itertools import pairwise

import pytest
from ions_support import CUBIC, EXTENT, QUICK

from compiler.errors import InputError
from compiler.ions import LinePhase, SynthesisSettings, error_curve, find_sequence, synthesise
from compiler.ions.sequences.synthesis import estimated_pulses


def test_errors_fall_with_the_number_of_pulses():
    curve = error_curve(CUBIC, EXTENT, (0, 2, 4, 8, 12), QUICK)
    errors = [found.error.sup_norm for found in curve]
    assert [found.sequence.pulses for found in curve] == [0, 2, 4, 8, 12]
    assert all(later < 0.6 * earlier for earlier, later in pairwise(errors))
    assert errors[-1] < 6e-3
    # areas of their own are never worse: one of the starts is the common one
    assert find_sequence(CUBIC, EXTENT, 4, SynthesisSettings(width=2)).error.sup_norm < 0.5 * errors[2]


def test_linear_phases_are_kicks_and_signs_conjugate():
    found = synthesise(LinePhase((0.2, -0.7)), 3.0, 1e-5)
    assert found.sequence.pulses == 0 and found.sequence.kick == pytest.approx(-0.7) and found.error.sup_norm < 1e-5
    up, down = (find_sequence(LinePhase((0.0, 0.4, 0.0, sign * 0.03)), 3.0, 5, QUICK) for sign in (1.0, -1.0))
    plain = find_sequence(LinePhase.power(3, 0.03), 3.0, 5, QUICK)
    assert up.sequence.areas == plain.sequence.areas and up.sequence.kick == pytest.approx(plain.sequence.kick + 0.4)
    assert up.error.sup_norm == pytest.approx(plain.error.sup_norm, rel=5e-3)  # bounds, each from its own mesh
    assert down.error.sup_norm == pytest.approx(up.error.sup_norm, rel=5e-3)
    assert up.sequence.areas == tuple(-a for a in down.sequence.areas)


def test_synthesis_refuses_what_it_cannot_reach():
    with pytest.raises(InputError, match=r"at most 3 (pulses|are allowed)"):
        synthesise(CUBIC, EXTENT, 1e-4, SynthesisSettings(max_pulses=3))
    with pytest.raises(InputError, match="extent"):
        find_sequence(CUBIC, 0.0, 3)
    with pytest.raises(InputError, match="error must lie"):
        synthesise(CUBIC, EXTENT, 0.0)


@pytest.mark.parametrize("phase", [LinePhase.power(2, 0.8), LinePhase((0.0, 3.0, 0.4, -0.5)), LinePhase.power(4, 1.2)])
def test_estimates_are_near_what_is_found(phase):
    """The linear part is a kick and costs no pulses; a longer interval is the same as a scaled phase."""
    found = synthesise(phase, 1.0, 1e-2, QUICK).sequence.pulses
    assert estimated_pulses(phase, 1.0, 1e-2) == pytest.approx(found, rel=0.4)
    assert estimated_pulses(phase.scaled(0.5), 2.0, 1e-2) == pytest.approx(estimated_pulses(phase, 1.0, 1e-2))
    assert estimated_pulses(phase + LinePhase((0.0, 9.0)), 1.0, 1e-2) == pytest.approx(
        estimated_pulses(phase, 1.0, 1e-2)
    )
