r"""Systems with known answers: small circuits, and the mean and variance of every readout by formulas written here.

The model is the folder tests/systems of dynamiqs: one page of formulas, one tester for all of them. Conventions are
those of `compiler.ir.operations`: hbar = 2, the vacuum has variance 1 in x and in p, a = (x + i p) / 2, and an
operation is stated by what it does to the quadratures. Formulas are plain Python floats; nothing here asks the
project's own simulators or maps. Three facts are used throughout.

- A squeezed vacuum with var x = V has var p = 1 / V and a real wave function, so that p has no symmetrised covariance
  with any polynomial in x: var(p + f(x)) = 1 / V + var f(x).
- Moments of a normal x = mu + z, var z = V: var x^2 = 2 V^2 + 4 mu^2 V, E x^3 = mu^3 + 3 mu V,
  var x^3 = 15 V^3 + 36 mu^2 V^2 + 9 mu^4 V.
- A normal angle of variance v: E e^{i k angle} = e^{-k^2 v / 2}.
"""

from __future__ import annotations

from cmath import exp as cexp
from math import cos, cosh, exp, pi, sin, sinh, sqrt

from gaussian_systems import (
    EPR,
    System,
    at_angle,
    controlled_x,
    controlled_z,
    dephased,
    discarded,
    displaced,
    displacement_noise,
    epr,
    epr_difference,
    epr_sum,
    interferometer,
    lossy,
    result,
    rotated,
    sheared,
    split,
    squeezed_after_displacement,
    squeezed_vacuum,
    thermal_loss,
    thermal_loss_of_one_of_two,
    turned_at_random,
    uneven_displacement_noise,
    vacuum,
)
from random_programs import edge, p_of, squeezed, x_of

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

# --- phases of higher degree -----------------------------------------------------------------------------------------


def cubic_phase() -> System:
    """A cubic phase on a momentum-squeezed state."""
    r, g = 0.3, 0.2
    circuit = Circuit(1, (*squeezed(1, r), ops.CubicPhase((0,), g), p_of(0)))
    return System(
        "cubic-phase",
        "mean g e^{2r}, var e^{-2r} + 2 g^2 e^{4r}",
        circuit,
        {"p": (g * exp(2 * r), exp(-2 * r) + 2 * g * g * exp(4 * r))},
    )


def cubic_phase_at_an_angle() -> System:
    """A cubic phase on a displaced state, read in between x and p, after loss."""
    x, p, g, t, eta = 0.6, -0.4, 0.15, 0.9, 0.8
    circuit = Circuit(
        1,
        (ops.Displacement((0,), x, p), ops.CubicPhase((0,), g), ops.Loss((0,), eta), ops.Homodyne((0,), t, "q")),
    )
    # x cos t + (p + g x^2) sin t with var x = 1: cov(x, x^2) = 2 x
    mean = x * cos(t) + (p + g * (x * x + 1)) * sin(t)
    variance = cos(t) ** 2 + (1 + g * g * (2 + 4 * x * x)) * sin(t) ** 2 + 4 * g * x * sin(t) * cos(t)
    return System(
        "cubic-phase-at-an-angle",
        "q = x cos t + (p + g x^2) sin t: mean sqrt(eta) E q, "
        "var eta (cos^2 t + (1 + g^2 (2 + 4 x^2)) sin^2 t + 4 g x sin t cos t) + 1 - eta",
        circuit,
        {"q": (sqrt(eta) * mean, eta * variance + 1 - eta)},
    )


def prepared_cubic() -> System:
    """The cubic resource state."""
    r, g = 0.25, 0.3
    circuit = Circuit(1, (ops.PrepareCubic((0,), g, r), p_of(0)))
    return System(
        "prepared-cubic",
        "mean g e^{2r}, var e^{-2r} + 2 g^2 e^{4r}",
        circuit,
        {"p": (g * exp(2 * r), exp(-2 * r) + 2 * g * g * exp(4 * r))},
    )


def cubic_nullifier() -> System:
    """The nullifier p - g x^2 of the cubic resource state, by the inverse gate."""
    r, g = 0.4, 0.2
    circuit = Circuit(1, (ops.PrepareCubic((0,), g, r), ops.CubicPhase((0,), -g), p_of(0)))
    return System("cubic-nullifier", "var(p - g x^2) = e^{-2r}", circuit, {"p": (0.0, exp(-2 * r))})


def split_cubic() -> System:
    """A cubic state on a beamsplitter with a squeezed mode."""
    r, s, g, t = 0.2, 0.3, 0.15, 0.6
    circuit = Circuit(
        2,
        (
            *squeezed(1, r),
            ops.PrepareSqueezed((1,), s),
            ops.CubicPhase((0,), g),
            ops.BeamSplitter((0, 1), t),
            p_of(1),
        ),
    )
    cubic = exp(-2 * r) + 2 * g * g * exp(4 * r)
    return System(
        "cubic-on-a-beamsplitter",
        "p_1 cos t + (p_0 + g x_0^2) sin t: mean g e^{2r} sin t, var e^{2s} cos^2 t + (e^{-2r} + 2 g^2 e^{4r}) sin^2 t",
        circuit,
        {"p": (g * exp(2 * r) * sin(t), exp(2 * s) * cos(t) ** 2 + cubic * sin(t) ** 2)},
    )


def cubic_after_thermal_loss() -> System:
    """A cubic phase on a mixed state, and thermal loss after it."""
    r, g, eta, nbar = 0.3, 0.2, 0.8, 0.3
    noise = ops.ThermalLoss((0,), eta, nbar)
    circuit = Circuit(1, (*squeezed(1, r), noise, ops.CubicPhase((0,), g), noise, p_of(0)))
    added = (1 - eta) * (2 * nbar + 1)
    wide, narrow = eta * exp(2 * r) + added, eta * exp(-2 * r) + added
    return System(
        "cubic-between-thermal-losses",
        "with V = eta e^{2r} + n, W = eta e^{-2r} + n, n = (1 - eta)(2 nbar + 1): "
        "mean sqrt(eta) g V, var eta (W + 2 g^2 V^2) + n",
        circuit,
        {"p": (sqrt(eta) * g * wide, eta * (narrow + 2 * g * g * wide**2) + added)},
    )


def dephased_cubic() -> System:
    """A cubic state, turned by a random angle."""
    r, g, v = 0.2, 0.25, 0.3
    circuit = Circuit(1, (*squeezed(1, r), ops.CubicPhase((0,), g), ops.Dephasing((0,), v), p_of(0)))
    wide, narrow = exp(2 * r), exp(-2 * r)
    return System(
        "dephased-cubic",
        "mean g e^{2r} e^{-v/2}, second moment (e^{-2r} + 3 g^2 e^{4r})(1 + e^{-2v}) / 2 + e^{2r} (1 - e^{-2v}) / 2",
        circuit,
        {"p": turned_at_random(g * wide, narrow + 3 * g * g * wide**2, wide, v)},
    )


def quartic_phase() -> System:
    """A phase of fourth order on a displaced squeezed state."""
    r, x, c = 0.3, 0.5, 0.15
    v = exp(-2 * r)
    circuit = Circuit(
        1, (ops.PrepareSqueezed((0,), r), ops.Displacement((0,), x, 0.0), ops.PhasePower((0,), 4, c), p_of(0))
    )
    return System(
        "quartic-phase",
        "with V = e^{-2r}: mean c (x^3 + 3 x V), var 1 / V + c^2 (15 V^3 + 36 x^2 V^2 + 9 x^4 V)",
        circuit,
        {"p": (c * (x**3 + 3 * x * v), 1 / v + c * c * (15 * v**3 + 36 * x**2 * v**2 + 9 * x**4 * v))},
    )


def three_edge() -> System:
    """The 3-edge on three momentum-squeezed modes."""
    r, w = 0.5, 0.3
    circuit = Circuit(3, (*squeezed(3, r), edge(0, 1, 2, weight=w), p_of(0)))
    return System(
        "three-edge",
        "mean 0, var e^{-2r} + w^2 e^{4r}",
        circuit,
        {"p": (0.0, exp(-2 * r) + w * w * exp(4 * r))},
    )


def displaced_three_edge() -> System:
    """The 3-edge on displaced modes of unequal squeezing."""
    r, s, t, x, y, w = 0.4, 0.3, 0.1, 0.7, -0.6, 0.35
    circuit = Circuit(
        3,
        (
            *(ops.PrepareSqueezed((m,), -k) for m, k in enumerate((r, s, t))),
            ops.Displacement((1,), x, 0.0),
            ops.Displacement((2,), y, 0.0),
            edge(0, 1, 2, weight=w),
            p_of(0),
        ),
    )
    v1, v2 = exp(2 * s), exp(2 * t)
    return System(
        "displaced-three-edge",
        "mean w x y, var e^{-2r} + w^2 (V_1 V_2 + x^2 V_2 + y^2 V_1)",
        circuit,
        {"p": (w * x * y, exp(-2 * r) + w * w * (v1 * v2 + x * x * v2 + y * y * v1))},
    )


def lossy_three_edge() -> System:
    """The 3-edge with loss after it on every mode."""
    r, w, eta = 0.5, 0.3, 0.9
    circuit = Circuit(3, (*squeezed(3, r), edge(0, 1, 2, weight=w), *(ops.Loss((m,), eta) for m in range(3)), p_of(0)))
    return System(
        "lossy-three-edge",
        "var eta (e^{-2r} + w^2 e^{4r}) + 1 - eta",
        circuit,
        {"p": (0.0, eta * (exp(-2 * r) + w * w * exp(4 * r)) + 1 - eta)},
    )


def edge_on_lossy_modes() -> System:
    """The phase x_0 x_1^2 on squeezed modes with loss before it; the other position is read too."""
    r, w, eta = 0.3, 0.25, 0.8
    circuit = Circuit(
        2,
        (
            *squeezed(2, r),
            *(ops.Loss((m,), eta) for m in range(2)),
            edge(0, 1, 1, weight=w),
            p_of(0),
            x_of(1),
        ),
    )
    wide, narrow = eta * exp(2 * r) + 1 - eta, eta * exp(-2 * r) + 1 - eta
    return System(
        "edge-on-lossy-modes",
        "with V = eta e^{2r} + 1 - eta: p_0 has mean w V, var eta e^{-2r} + 1 - eta + 2 w^2 V^2; var x_1 = V",
        circuit,
        {"p": (w * wide, narrow + 2 * w * w * wide**2), "x": (0.0, wide)},
    )


def both_momenta() -> System:
    """A phase with an edge, a square and lines; both momenta are read."""
    r, s, a, b, c, d = 0.2, 0.3, 0.25, 0.4, 0.3, -0.5
    polynomial = (
        Polynomial.monomial((0, 1, 1), a)
        + Polynomial.monomial((0, 1), b)
        + Polynomial.monomial((0,), c)
        + Polynomial.monomial((1,), d)
    )
    circuit = Circuit(
        2,
        (
            ops.PrepareSqueezed((0,), -r),
            ops.PrepareSqueezed((1,), -s),
            ops.phase(polynomial),
            p_of(0, "p0"),
            p_of(1, "p1"),
        ),
    )
    v, w = exp(2 * r), exp(2 * s)
    return System(
        "both-momenta-of-a-polynomial-phase",
        "f = a x y^2 + b x y + c x + d y: p_0 has mean a W + c, var 1 / V + 2 a^2 W^2 + b^2 W; "
        "p_1 has mean d, var 1 / W + 4 a^2 V W + b^2 V",
        circuit,
        {
            "p0": (a * w + c, 1 / v + 2 * a * a * w * w + b * b * w),
            "p1": (d, 1 / w + 4 * a * a * v * w + b * b * v),
        },
    )


# --- Kerr gates ------------------------------------------------------------------------------------------------------


def after_kerr(x: float, p: float, kappa: float) -> tuple[complex, complex, float]:
    """<a>, <a^2> and <n> of a coherent state after exp(i kappa n^2).

    The gate takes a to e^{i kappa (2n + 1)} a and a^2 to e^{4 i kappa (n + 1)} a^2, and <e^{i s n}> of a Poisson law
    is exp(|alpha|^2 (e^{is} - 1)).
    """
    alpha = complex(x, p) / 2
    number = abs(alpha) ** 2
    once = alpha * cexp(1j * kappa + number * (cexp(2j * kappa) - 1))
    twice = alpha**2 * cexp(4j * kappa + number * (cexp(4j * kappa) - 1))
    return once, twice, number


def kerr() -> System:
    """A Kerr gate on a coherent state, with loss."""
    x, p, kappa, eta = 1.2, 0.6, 0.15, 0.85
    circuit = Circuit(1, (ops.Displacement((0,), x, p), ops.Kerr((0,), kappa), ops.Loss((0,), eta), x_of(0)))
    once, twice, number = after_kerr(x, p, kappa)
    mean, square = 2 * once.real, 1 + 2 * number + 2 * twice.real
    return System(
        "kerr",
        "<a> = alpha e^{i k} exp(|alpha|^2 (e^{2ik} - 1)), <a^2> = alpha^2 e^{4ik} exp(|alpha|^2 (e^{4ik} - 1)); "
        "E x = 2 Re <a>, E x^2 = 1 + 2 |alpha|^2 + 2 Re <a^2>; then loss",
        circuit,
        {"x": (sqrt(eta) * mean, eta * (square - mean**2) + 1 - eta)},
    )


def cat() -> System:
    """The Kerr gate of a quarter turn makes a cat state of a coherent state: p is squeezed by interference."""
    x = 1.1
    circuit = Circuit(1, (ops.Displacement((0,), x, 0.0), ops.Kerr((0,), pi / 2), p_of(0)))
    return System(
        "cat",
        "(e^{i pi/4} |alpha> + e^{-i pi/4} |-alpha>) / sqrt 2: mean p = x e^{-x^2/2}, var p = 1 - x^2 e^{-x^2}",
        circuit,
        {"p": (x * exp(-x * x / 2), 1 - x * x * exp(-x * x))},
    )


# --- feed-forward ----------------------------------------------------------------------------------------------------


def fed_forward() -> System:
    """One half of an EPR pair is displaced by the position of the other."""
    g, r = 0.6, EPR
    circuit = Circuit(2, (*epr(0, 1), x_of(0, "m"), ops.Displacement((1,), result("m", g), 0.0), x_of(1)))
    variance = (1 + g * g) * cosh(2 * r) - 2 * g * sinh(2 * r)
    return System(
        "feed-forward-on-an-epr-pair",
        "var m = cosh 2r, var(x + g m) = (1 + g^2) cosh 2r - 2 g sinh 2r",
        circuit,
        {"m": (0.0, cosh(2 * r)), "x": (0.0, variance)},
    )


def fed_forward_after_loss() -> System:
    """The same in the momenta, which are correlated with the other sign, with loss before the first readout."""
    g, eta, r = -0.7, 0.75, EPR
    circuit = Circuit(
        2,
        (*epr(0, 1), ops.Loss((0,), eta), p_of(0, "m"), ops.Displacement((1,), 0.0, result("m", g)), p_of(1)),
    )
    first = eta * cosh(2 * r) + 1 - eta
    return System(
        "feed-forward-after-loss",
        "var m = eta cosh 2r + 1 - eta, var(p + g m) = cosh 2r + g^2 var m + 2 g sqrt(eta) sinh 2r",
        circuit,
        {"m": (0.0, first), "p": (0.0, cosh(2 * r) + g * g * first + 2 * g * sqrt(eta) * sinh(2 * r))},
    )


def fed_forward_square() -> System:
    """A displacement by the square of a result."""
    g, r = 0.3, EPR
    circuit = Circuit(2, (*epr(0, 1), x_of(0, "m"), ops.Displacement((1,), result("m", g, 2), 0.0), x_of(1)))
    c = cosh(2 * r)
    return System(
        "feed-forward-of-a-square",
        "with C = cosh 2r: mean g C, var(x + g m^2) = C + 2 g^2 C^2",
        circuit,
        {"m": (0.0, c), "x": (g * c, c + 2 * g * g * c * c)},
    )


def measured_angle() -> System:
    """A rotation by the result of a readout of the vacuum is a dephasing."""
    g, x = 0.5, 1.4
    circuit = Circuit(
        2,
        (x_of(1, "m"), ops.Displacement((0,), x, 0.0), ops.Rotation((0,), result("m", g)), x_of(0)),
    )
    return System(
        "rotation-by-a-result",
        "mean x e^{-g^2/2}, second moment (1 + x^2)(1 + e^{-2 g^2}) / 2 + (1 - e^{-2 g^2}) / 2",
        circuit,
        {"m": (0.0, 1.0), "x": turned_at_random(x, 1 + x * x, 1.0, g * g)},
    )


def teleported() -> System:
    """Teleportation of a displaced squeezed state with an EPR pair of finite squeezing."""
    s, x, p, t, r = 0.4, 0.7, -0.5, 0.6, EPR
    circuit = Circuit(
        3,
        (
            ops.PrepareSqueezed((0,), s),
            ops.Displacement((0,), x, p),
            *epr(1, 2),
            ops.BeamSplitter((0, 1), pi / 4),
            x_of(1, "mx"),
            p_of(0, "mp"),
            ops.Displacement((2,), result("mx", sqrt(2)), result("mp", sqrt(2))),
            ops.Homodyne((2,), t, "q"),
        ),
    )
    return System(
        "teleportation",
        "q = x cos t + p sin t of the input with 2 e^{-2r} added to its variance; "
        "var m_x = (e^{-2s} + cosh 2r) / 2, var m_p = (e^{2s} + cosh 2r) / 2",
        circuit,
        {
            "mx": (x / sqrt(2), (exp(-2 * s) + cosh(2 * r)) / 2),
            "mp": (p / sqrt(2), (exp(2 * s) + cosh(2 * r)) / 2),
            "q": (x * cos(t) + p * sin(t), at_angle(exp(-2 * s), exp(2 * s), t) + 2 * exp(-2 * r)),
        },
    )


def teleported_cubic() -> System:
    """A cubic gate by teleportation: a cubic state, a ControlledX, a readout, and a shear that undoes its square."""
    r, s, g = 0.1, 0.3, 0.15
    circuit = Circuit(
        2,
        (
            ops.PrepareSqueezed((0,), -r),
            ops.PrepareCubic((1,), g, s),
            ops.ControlledX((0, 1), -1.0),
            x_of(1, "m"),
            ops.Shear((0,), result("m", -2 * g)),
            ops.Displacement((0,), 0.0, result("m", -g, 2)),
            p_of(0),
        ),
    )
    # m = x_a - x, p + p_a = p + (p_a - g x_a^2) + g (m + x)^2, and the terms with m are taken away again
    return System(
        "teleported-cubic-gate",
        "mean g e^{2r}, var e^{-2r} + e^{-2s} + 2 g^2 e^{4r}; var m = e^{2r} + e^{2s}",
        circuit,
        {
            "m": (0.0, exp(2 * r) + exp(2 * s)),
            "p": (g * exp(2 * r), exp(-2 * r) + exp(-2 * s) + 2 * g * g * exp(4 * r)),
        },
    )


def bit_of_a_displacement() -> System:
    """A momentum displacement of an edge, read by one bit, after loss."""
    r, w, shift, eta, a = 0.3, 0.7, 0.4, 0.9, 0.6
    circuit = Circuit(
        2,
        (
            *squeezed(2, r),
            ops.ControlledZ((0, 1), w),
            ops.Displacement((0,), 0.0, shift),
            ops.Loss((0,), eta),
            ops.DisplacementReadout((0, 1), (a, 0.0), (0.0, 0.0), "bit"),
        ),
    )
    variance = eta * (exp(-2 * r) + w * w * exp(2 * r)) + 1 - eta
    mean = cos(a * sqrt(eta) * shift) * exp(-a * a * variance / 2)
    return System(
        "bit-of-a-displacement",
        "with V = eta (e^{-2r} + w^2 e^{2r}) + 1 - eta: mean Re <e^{i a p}> = cos(a sqrt(eta) shift) e^{-a^2 V / 2}, "
        "var 1 - mean^2",
        circuit,
        {"bit": (mean, 1 - mean * mean)},
    )


SYSTEMS: tuple[System, ...] = tuple(
    make()
    for make in (
        vacuum,
        squeezed_vacuum,
        displaced,
        squeezed_after_displacement,
        rotated,
        split,
        epr_sum,
        epr_difference,
        discarded,
        sheared,
        controlled_x,
        controlled_z,
        interferometer,
        lossy,
        thermal_loss,
        thermal_loss_of_one_of_two,
        displacement_noise,
        uneven_displacement_noise,
        dephased,
        cubic_phase,
        cubic_phase_at_an_angle,
        prepared_cubic,
        cubic_nullifier,
        split_cubic,
        cubic_after_thermal_loss,
        dephased_cubic,
        quartic_phase,
        three_edge,
        displaced_three_edge,
        lossy_three_edge,
        edge_on_lossy_modes,
        both_momenta,
        kerr,
        cat,
        fed_forward,
        fed_forward_after_loss,
        fed_forward_square,
        measured_angle,
        teleported,
        teleported_cubic,
        bit_of_a_displacement,
    )
)
"""Every system; `tests/systems/test_systems.py` runs each on every back end that can."""
