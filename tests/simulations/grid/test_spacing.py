"""Grids that serve many steps: axes and spacings in closed form, and waves that are followed on them without a change.

Moments are compared with covariance matrices multiplied by hand, at 1e-4 of the variance; the grids' own error is about
1e-6. Statistical bounds of 5 standard errors fail for 6e-7 of all seeds.
"""

from math import exp, log, pi, sqrt

import numpy as np
import pytest
from random_programs import edge, p_of, squeezed, x_of

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations import grid
from simulations.grid import run
from simulations.grid.plan import Grids, planned
from simulations.grid.primitives import GridRead, Prepare, Scale, Swap, Turn, primitives, value_of
from simulations.grid.spacing import axes_of, spacings
from simulations.grid.wave import Wave

SPACE = 4.0 * pi
"""Points x spacing of x x spacing of p: 2 pi hbar."""


@pytest.fixture
def regrids(monkeypatch):
    """The modes whose grids were changed on the way."""
    modes, plain = [], Wave.regrid

    def regrid(self, mode, points, spacing):
        modes.append(mode)
        plain(self, mode, points, spacing)

    monkeypatch.setattr(Wave, "regrid", regrid)
    return modes


def scale(mode, r):
    return Scale((mode,), value_of(r))


def quarter(mode, turns=1):
    return Turn((mode,), value_of(turns * pi / 2), quarters=True)


# --- in closed form --------------------------------------------------------------------------------------------------


def test_axes_follow_swaps_and_preparations():
    steps = [scale(0, 0.1), Swap((0, 1)), scale(0, 0.1), Prepare((1,), 1.0), Swap((1, 2)), scale(1, 0.1)]
    assert axes_of(3, steps) == [
        {0: 0, 1: 1, 2: 2},
        {0: 0, 1: 1, 2: 2},
        {0: 1, 1: 0, 2: 2},
        {0: 1, 1: 3, 2: 2},  # a preparation is on its axis already
        {0: 1, 1: 3, 2: 2},
        {0: 1, 1: 2, 2: 3},
    ]


def chosen(steps, needs, points=100, slack=1.0):
    found = spacings(steps, needs, axes_of(2, steps), {0: points, 1: points}, slack)
    return [round(log(v), 9) for of in found for v in of.values()]


def bounds(x, p, points=100):
    """Logarithms of the smallest spacing that reaches x, and of the largest whose momenta reach p."""
    return log(2 * x / points), log(2 * pi / p)


def middle(*limits):
    return round(0.5 * (max(low for low, _ in limits) + min(high for _, high in limits)), 9)


def test_one_spacing_suits_all_steps_of_a_stretch():
    wide, high = bounds(10.0, 2.0), bounds(3.0, 9.0)
    both = middle(wide, high)
    assert both not in (middle(wide), middle(high))
    assert chosen([quarter(0, 2), quarter(0, 2)], [{0: (10.0, 2.0)}, {0: (3.0, 9.0)}]) == [both, both]


def test_a_squeezer_scales_the_spacing_of_what_follows():
    first, then = bounds(8.0, 2.0), bounds(2.0, 9.0)
    r = 1.2
    shared = middle(first, (then[0] + r, then[1] + r))
    found = chosen([scale(0, r), quarter(0, 2)], [{0: (8.0, 2.0)}, {0: (2.0, 9.0)}])
    assert found == pytest.approx([shared, shared - r], abs=1e-8)


@pytest.mark.parametrize("turns", [1, -1, 3])
def test_a_quarter_turn_makes_positions_of_momenta(turns):
    first, then = bounds(9.0, 3.0), bounds(3.0, 8.0)
    space = log(SPACE / 100)
    shared = middle(first, (space - then[1], space - then[0]))
    found = chosen([quarter(0, turns), quarter(0, 2)], [{0: (9.0, 3.0)}, {0: (3.0, 8.0)}])
    assert found == pytest.approx([shared, space - shared], abs=1e-8)


def test_a_swap_takes_the_spacing_along():
    steps = [Swap((0, 1)), quarter(1, 2), quarter(0, 2)]
    needs = [{0: (9.0, 3.0), 1: (3.0, 9.0)}, {1: (9.0, 3.5)}, {0: (3.5, 9.0)}]
    first, second = middle(bounds(9.0, 3.0), bounds(9.0, 3.5)), middle(bounds(3.0, 9.0), bounds(3.5, 9.0))
    assert first != second
    assert chosen(steps, needs) == [first, second, first, second]


def test_steps_that_no_spacing_suits_have_their_own():
    one, other = (12.0, 1.0), (0.5, 20.0)
    found = chosen([quarter(0, 2), quarter(0, 2)], [{0: one}, {0: other}], 20)
    assert found == [middle(bounds(*one, 20)), middle(bounds(*other, 20))]


def test_slack_is_left_between_the_limits():
    """Limits that overlap by a factor of 1.5 are shared if 1.4 must be left, and not if 1.6 must."""
    first = (5.0, 2 * pi / 0.15)  # spacings from 0.1 to 0.15
    second = (7.5 / 1.5, 2 * pi / 0.3)
    needs = [{0: first}, {0: second}]
    steps = [quarter(0, 2), quarter(0, 2)]
    assert len(set(chosen(steps, needs, slack=1.4))) == 1
    assert len(set(chosen(steps, needs, slack=1.6))) == 2


def test_a_parameter_that_depends_on_results_ends_a_stretch():
    fed = Scale((0,), value_of(Polynomial.monomial(("y",))))
    needs = [{0: (8.0, 2.0)}, {0: (2.0, 9.0)}]
    assert chosen([fed, quarter(0, 2)], needs) == [middle(bounds(8.0, 2.0)), middle(bounds(2.0, 9.0))]
    turn = Turn((0,), value_of(Polynomial.monomial(("y",))))
    assert chosen([turn, quarter(0, 2)], needs) == [middle(bounds(8.0, 2.0)), middle(bounds(2.0, 9.0))]


# --- waves on these grids --------------------------------------------------------------------------------------------


def applied(cov, matrix, modes):
    """Covariance after a symplectic matrix on (x, p) of the given modes."""
    n = len(cov) // 2
    at = [*modes, *(n + m for m in modes)]
    whole = np.eye(2 * n)
    whole[np.ix_(at, at)] = matrix
    return whole @ cov @ whole.T


SQUEEZE = {r: np.diag([exp(-r), exp(r)]) for r in (0.6, -0.5)}
TURN = np.array([[0.0, -1.0], [1.0, 0.0]])
SWAP = np.kron(np.eye(2), TURN)
"""A beamsplitter of pi / 2 acts alike on positions and on momenta."""


@pytest.mark.parametrize("reads", [(0.0, 0.0), (pi / 2, pi / 2)])
def test_squeezers_turns_and_swaps_need_one_grid(regrids, reads):
    start = [exp(-0.8), exp(0.6)]
    cov = np.diag([*start, *(1 / v for v in start)])
    body = [ops.PrepareSqueezed((0,), 0.4), ops.PrepareSqueezed((1,), -0.3), ops.ControlledX((0, 1), 0.4)]
    shear = np.eye(4)
    shear[1, 0], shear[2, 3] = 0.4, -0.4
    cov = applied(cov, shear, (0, 1))
    for op, matrix in (
        (ops.Squeeze((0,), 0.6), SQUEEZE[0.6]),
        (ops.BeamSplitter((0, 1), pi / 2), SWAP),
        (ops.Rotation((1,), pi / 2), TURN),
        (ops.Squeeze((1,), -0.5), SQUEEZE[-0.5]),
        (ops.BeamSplitter((0, 1), -pi / 2), SWAP.T),
        (ops.Rotation((0,), -pi / 2), TURN.T),
    ):
        body.append(op)
        cov = applied(cov, matrix, op.modes)
    ends = tuple(ops.Homodyne((m,), angle, f"y{m}") for m, angle in enumerate(reads))
    found = grid.moments(Circuit(2, (*body, *ends)))
    rows = [0, 1] if reads[0] == 0.0 else [2, 3]
    assert [f.variance for f in found] == pytest.approx(np.diag(cov)[rows], rel=1e-4)
    assert regrids == []


def test_loss_on_the_way_keeps_its_grid_and_its_law(regrids):
    eta, r = 0.7, 0.5
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), r), ops.Loss((0,), eta), ops.CubicPhase((0,), 0.2), p_of(0)))
    (found,) = grid.moments(circuit, np.random.default_rng(3), 3000)
    x, p = (eta * exp(s) + 1 - eta for s in (-2 * r, 2 * r))
    expected = p + 0.04 * 2 * x**2
    assert found.stderr > 0.0 and abs(found.mean - 0.2 * x) < 5 * sqrt(expected / 3000)
    assert abs(found.variance - expected) < 5 * found.stderr + 1e-4
    steps = [step for _, step in primitives(circuit)]
    plan = planned(circuit, Grids(), 1)
    noise = next(i for i, step in enumerate(steps) if type(step).__name__ == "GridNoise")
    before, after = plan.spacings[noise][0], plan.spacings[noise + 1][0]
    assert after / before == pytest.approx(1 / sqrt(eta), rel=1e-12)
    assert regrids == []


def test_a_result_dependent_squeezer_is_followed_shot_by_shot():
    """x_1 is measured, and mode 0 squeezed by 0.2 of it: E[x_0^2] = E[exp(-0.4 y)] of a normal y of variance 1."""
    feed = Polynomial.monomial(("y",), 0.2)
    circuit = Circuit(2, (x_of(1, "y"), ops.Squeeze((0,), feed), ops.Rotation((0,), pi / 2), p_of(0, "x")))
    (_, found) = grid.moments(circuit, np.random.default_rng(5), 400)
    expected = exp(0.08)
    assert abs(found.variance - expected) < 5 * found.stderr + 1e-4
    assert found.stderr < 0.05


def test_a_mode_prepared_again_has_points_of_its_own():
    """The second state of a mode needs few points, however many the first needed."""
    first = (ops.PrepareSqueezed((0,), -1.0), ops.CubicPhase((0,), 0.5), p_of(0, "a"))
    plan = planned(Circuit(1, (*first, ops.PrepareVacuum((0,)), ops.Shear((0,), 0.1), p_of(0, "b"))), Grids(), 1)
    sizes = [plan.points[at][0] for at, (_, step) in enumerate(plan.steps) if isinstance(step, GridRead)]
    assert sizes[0] > 4 * sizes[1]


# --- noise that belongs to the readout -------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [0.0, pi / 2, pi, -pi / 2, 0.4, 0.4 - pi])
@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
def test_loss_before_a_readout_needs_no_random_numbers(angle, eta):
    """Also at angles where the detector counts the other way."""
    gamma, r, x, p = 0.15, 0.3, 0.7, -0.4
    head = (ops.PrepareSqueezed((0,), r), ops.Displacement((0,), x, p), ops.CubicPhase((0,), gamma))
    noise = (ops.Loss((0,), eta), ops.ThermalLoss((0,), 0.9, 0.2))
    (found,) = grid.moments(Circuit(1, (*head, *noise, ops.Homodyne((0,), angle, "y"))))
    v = exp(-2 * r)
    c, s = np.cos(angle), np.sin(angle)
    mean = c * x + s * (p + gamma * (x**2 + v))
    # x^2 = (x0 + z)^2: variance 2 v^2 + 4 x0^2 v, covariance with x 2 x0 v
    variance = c**2 * v + s**2 * (1 / v + gamma**2 * (2 * v**2 + 4 * x**2 * v)) + 2 * c * s * gamma * 2 * x * v
    keep = 0.9 * eta
    added = 0.9 * (1 - eta) + 0.1 * 1.4
    assert found.stderr == 0.0
    assert found.mean == pytest.approx(sqrt(keep) * mean, abs=1e-4)
    assert found.variance == pytest.approx(keep * variance + added, rel=1e-4)
    assert found.grid_error < 1e-4


def test_two_losses_of_one_circuit_share_the_run(monkeypatch):
    calls, plain = [], run.planned
    monkeypatch.setattr(run, "planned", lambda *given, **named: calls.append(1) or plain(*given, **named))
    run._bare_moments.cache_clear()
    head = (*squeezed(3, 0.4), edge(0, 1, 2))
    for eta in (1.0, 0.9, 0.5):
        (found,) = grid.moments(Circuit(3, (*head, ops.Loss((0,), eta), p_of(0))))
        # p + 0.3 x1 x2: e^{-2r} + 0.09 e^{4r}
        assert found.variance == pytest.approx(eta * (exp(-0.8) + 0.09 * exp(1.6)) + 1 - eta, rel=1e-4)
    assert len(calls) == 2  # a coarse and a fine grid
