"""The frame of the phase against dense matrices: every step keeps base coordinates and inverse as they must be."""

import numpy as np
import pytest

from simulations.exact.frame import Frame

MODES, SHOTS = 6, 3


def form_value(form, x):
    """A polynomial of degree 1 with coefficients over shots, at positions of shape (shots, modes)."""
    return sum(value * (x[:, key[0]] if key else 1.0) for key, value in form.items())


def moved_at_random(rng, steps):
    """A frame after random point transformations, and the same by dense products."""
    frame, matrix, shift = Frame(MODES), np.eye(MODES), np.zeros((SHOTS, MODES))  # x = matrix X + shift
    for _ in range(steps):
        modes = [int(m) for m in rng.choice(3 if rng.random() < 0.7 else MODES, 2, replace=False)]
        step, moved = np.eye(MODES), np.zeros((SHOTS, MODES))
        step[np.ix_(modes, modes)] += 0.3 * rng.normal(size=(2, 2))
        moved[:, modes] = rng.normal(size=(SHOTS, 2))
        frame.move(modes, step[np.ix_(modes, modes)], moved[:, modes])
        matrix, shift = step @ matrix, shift @ step.T + moved
    return frame, matrix, shift


@pytest.mark.parametrize("seed", range(8))
def test_coordinates_and_their_inverse(seed):
    rng = np.random.default_rng(seed)
    frame, matrix, shift = moved_at_random(rng, 6)
    base = rng.normal(size=(SHOTS, MODES))
    current = base @ matrix.T + shift
    for mode in range(MODES):
        assert form_value(frame.in_base(mode), base) == pytest.approx(current[:, mode], abs=1e-11)
        assert form_value(frame.in_current(mode), current) == pytest.approx(base[:, mode], abs=1e-11)
    assert frame._tallest == pytest.approx(np.abs(frame.matrix).max(axis=0))
    assert frame._widest == pytest.approx(np.abs(frame.inverse).max(axis=1))
    block, tied = set(frame.block(0)), np.abs(frame.matrix) + np.abs(frame.matrix).T > 0
    reach = np.linalg.matrix_power(tied.astype(int), MODES)[0] > 0
    assert block == set(np.flatnonzero(reach).tolist())


@pytest.mark.parametrize("seed", range(8))
def test_a_mode_that_gets_a_value_is_gone_from_all_coordinates(seed):
    """With x_0 = value, the others as they were, base coordinates that no phase refers to are left out."""
    rng = np.random.default_rng([seed, 1])
    frame, matrix, shift = moved_at_random(rng, 5)
    if not frame.eliminable(0) or frame.alone(0):
        pytest.skip("nothing to eliminate")
    base = rng.normal(size=(SHOTS, MODES))
    current = base @ matrix.T + shift
    frame.fix(0, current[:, 0])
    frame.release(0)
    for other in range(1, MODES):
        assert form_value(frame.in_current(other), current) == pytest.approx(base[:, other], abs=1e-9)
        assert form_value(frame.in_base(other), base) == pytest.approx(current[:, other], abs=1e-9)
        assert (0,) not in frame.in_current(other) and (0,) not in frame.in_base(other)
    assert frame.alone(0) and frame._tallest == pytest.approx(np.abs(frame.matrix).max(axis=0))
    assert frame._widest == pytest.approx(np.abs(frame.inverse).max(axis=1))
    block = frame.block(1)
    frame.reset(block)
    assert all(frame.alone(mode) for mode in block)
    assert all(form_value(frame.in_current(mode), current) == pytest.approx(current[:, mode]) for mode in block)
