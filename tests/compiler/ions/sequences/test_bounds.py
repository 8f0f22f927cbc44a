"""The bound on the number of pulses: below whatever is found, near half the range of the slope, and quick."""

import numpy as np
import pytest
from ions_support import QUICK

from compiler.errors import InputError
from compiler.ions import LinePhase, synthesise
from compiler.ions.sequences import bounds, synthesis
from compiler.ions.sequences.bounds import fewest_pulses

PHASES = [LinePhase.power(2, 2.0), LinePhase.power(3, 4.0), LinePhase.power(4, 2.0), LinePhase((0.0, 0.0, 3.0, 2.0))]


@pytest.mark.parametrize("phase", PHASES)
def test_no_sequence_that_is_found_is_shorter(phase):
    for error in (0.3, 1e-2):
        assert 0 < fewest_pulses(phase, error) <= synthesise(phase, 1.0, error, QUICK).sequence.pulses


@pytest.mark.parametrize("strength", [1e2, 1e3, 1e5])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_strong_phases_take_half_the_range_of_their_slope_over_half_a_period(order, strength):
    """D pulses of area pi / 2 turn by D pi / 2 at most on either side of the kick."""
    phase = LinePhase.power(order, strength)
    half_range = 0.5 * float(np.ptp(phase.slope(np.linspace(-1.0, 1.0, 2001))))
    assert fewest_pulses(phase, 1e-3) == pytest.approx(2.0 * half_range / np.pi, rel=0.08)
    assert fewest_pulses(-phase, 1e-3) == fewest_pulses(phase, 1e-3)
    assert fewest_pulses(phase + LinePhase((0.3, 17.0)), 1e-3) == pytest.approx(fewest_pulses(phase, 1e-3), abs=1)


def test_areas_are_not_bounded_by_periods_whose_halves_are_not_looked_at():
    """Periods of 0.5 and 0.7 cannot follow this phase, but 0.95 may, and so may half of 0.95, so no bound is given."""
    phase, error = LinePhase.power(3, 0.5), 0.1
    starts = [np.linspace(-1.0, 1.0 - period, 999) for period in (0.5, 0.7, 0.95)]
    varied = [np.ptp(phase.value(t + p) - phase.value(t)) for t, p in zip(starts, (0.5, 0.7, 0.95), strict=True)]
    assert min(varied[:2]) > 4.0 * np.arcsin(error) > varied[2]
    assert bounds._largest_area(phase, error) == np.inf


def test_weak_phases_and_large_errors_are_not_bounded():
    assert fewest_pulses(LinePhase.power(3, 1e-4), 1e-2) == 0
    assert fewest_pulses(LinePhase.power(3, 1e4), 1.5) == 0


@pytest.mark.parametrize("strength", [300.0, 4e3, 1e7])
def test_what_is_out_of_reach_is_refused_without_a_fit(monkeypatch, strength):
    def never(*args):
        raise AssertionError("a fit began")

    monkeypatch.setattr(synthesis, "fitted", never)
    least = fewest_pulses(LinePhase.power(3, strength), 1e-2)
    with pytest.raises(InputError, match=f"at least {least} pulses of equal area, .* is at least .* times too strong"):
        synthesise(LinePhase.power(3, strength), 1.0, 1e-2)
