"""Gaussian systems with known answers, and noise: formulas as in `known_systems`."""

from __future__ import annotations

from cmath import exp as cexp
from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, cosh, exp, pi, sin, sqrt

from random_programs import p_of, squeezed, x_of

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial


@dataclass(frozen=True)
class System:
    """A circuit, the formula of its readouts in words, and their (mean, variance) in numbers by the result's name."""

    name: str
    formula: str
    circuit: Circuit
    moments: Mapping[str, tuple[float, float]]


def at_angle(x_variance: float, p_variance: float, angle: float) -> float:
    """Variance of x cos(angle) + p sin(angle) for uncorrelated x and p."""
    return x_variance * cos(angle) ** 2 + p_variance * sin(angle) ** 2


def result(name: str, coefficient: float, power: int = 1) -> Polynomial:
    """A feed-forward parameter: coefficient times a power of an earlier result."""
    return Polynomial.monomial((name,) * power, coefficient)


# --- Gaussian states and gates ---------------------------------------------------------------------------------------


def vacuum() -> System:
    """The vacuum, read in between x and p."""
    circuit = Circuit(1, (ops.PrepareVacuum((0,)), ops.Homodyne((0,), 0.7, "q")))
    return System("vacuum", "mean 0, var 1 at every angle", circuit, {"q": (0.0, 1.0)})


def squeezed_vacuum() -> System:
    """A squeezed vacuum, read at an angle."""
    r, t = 0.6, 1.1
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), r), ops.Homodyne((0,), t, "q")))
    return System(
        "squeezed-vacuum",
        "var = e^{-2r} cos^2 t + e^{2r} sin^2 t",
        circuit,
        {"q": (0.0, at_angle(exp(-2 * r), exp(2 * r), t))},
    )


def displaced() -> System:
    """A coherent state, read beyond half a turn, where the sign of x is reversed."""
    x, p, t = 0.9, -0.5, pi + 0.3
    circuit = Circuit(1, (ops.Displacement((0,), x, p), ops.Homodyne((0,), t, "q")))
    return System("displaced", "mean x cos t + p sin t, var 1", circuit, {"q": (x * cos(t) + p * sin(t), 1.0)})


def squeezed_after_displacement() -> System:
    """The squeezing gate moves the mean too."""
    x, p, r, s = 0.8, 0.6, 0.5, 0.3
    circuit = Circuit(
        2,
        (
            ops.Displacement((0,), x, p),
            ops.Displacement((1,), x, p),
            ops.Squeeze((0,), r),
            ops.Squeeze((1,), s),
            x_of(0),
            p_of(1),
        ),
    )
    return System(
        "squeezed-after-displacement",
        "x: mean e^{-r} x, var e^{-2r}; p of the other: mean e^s p, var e^{2s}",
        circuit,
        {"x": (exp(-r) * x, exp(-2 * r)), "p": (exp(s) * p, exp(2 * s))},
    )


def rotated() -> System:
    """A displaced squeezed state, turned."""
    r, x, p, t = 0.4, 0.7, -0.4, 0.8
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), r), ops.Displacement((0,), x, p), ops.Rotation((0,), t), x_of(0)))
    return System(
        "rotated",
        "mean x cos t - p sin t, var e^{-2r} cos^2 t + e^{2r} sin^2 t",
        circuit,
        {"x": (x * cos(t) - p * sin(t), at_angle(exp(-2 * r), exp(2 * r), t))},
    )


def split() -> System:
    """Two squeezed modes on a beamsplitter with a phase; x of one output and p of the other."""
    r, s, t, phi, x = 0.5, -0.3, 0.7, 0.4, 0.6
    circuit = Circuit(
        2,
        (
            ops.PrepareSqueezed((0,), r),
            ops.PrepareSqueezed((1,), s),
            ops.Displacement((1,), x, 0.0),
            ops.BeamSplitter((0, 1), t, phi),
            x_of(0),
            p_of(1),
        ),
    )
    # a_0 cos t - a_1 e^{-i phi} sin t: x_0 cos t - (x_1 cos phi + p_1 sin phi) sin t
    # a_1 cos t + a_0 e^{i phi} sin t: p_1 cos t + (p_0 cos phi + x_0 sin phi) sin t
    x_variance = cos(t) ** 2 * exp(-2 * r) + sin(t) ** 2 * at_angle(exp(-2 * s), exp(2 * s), phi)
    p_variance = cos(t) ** 2 * exp(2 * s) + sin(t) ** 2 * at_angle(exp(2 * r), exp(-2 * r), phi)
    return System(
        "beamsplitter",
        "x_0: mean -x_1 sin t cos phi, var cos^2 t e^{-2r} + sin^2 t (e^{-2s} cos^2 phi + e^{2s} sin^2 phi); "
        "p_1: mean 0, var cos^2 t e^{2s} + sin^2 t (e^{2r} cos^2 phi + e^{-2r} sin^2 phi)",
        circuit,
        {"x": (-sin(t) * cos(phi) * x, x_variance), "p": (0.0, p_variance)},
    )


EPR = 0.5
"""Squeezing of the modes of EPR pairs."""


def epr(one: int, two: int) -> tuple[ops.Operation, ...]:
    """An EPR pair: x_1 + x_2 and p_2 - p_1 have variance 2 e^{-2r}, each half is thermal with cosh 2r."""
    return (
        ops.PrepareSqueezed((one,), EPR),
        ops.PrepareSqueezed((two,), -EPR),
        ops.BeamSplitter((one, two), pi / 4),
    )


def epr_sum() -> System:
    """The sum of the positions of an EPR pair, by a second beamsplitter, with loss in one arm."""
    eta, r = 0.7, EPR
    circuit = Circuit(2, (*epr(0, 1), ops.Loss((1,), eta), ops.BeamSplitter((0, 1), pi / 4), x_of(1)))
    keep = sqrt(eta)
    # with the squeezed x_a and the wide x_b: (x_a (1 + keep) - x_b (1 - keep)) / 2 + sqrt((1 - eta) / 2) x_vacuum
    variance = ((1 + keep) ** 2 * exp(-2 * r) + (1 - keep) ** 2 * exp(2 * r)) / 4 + (1 - eta) / 2
    return System(
        "epr-sum-one-arm-lossy",
        "var (x_1 + x_2) / sqrt 2 = ((1 + k)^2 e^{-2r} + (1 - k)^2 e^{2r}) / 4 + (1 - k^2) / 2, k = sqrt(eta)",
        circuit,
        {"x": (0.0, variance)},
    )


def epr_difference() -> System:
    """The difference of the positions of an EPR pair is wide, by ControlledX; the momentum difference is narrow."""
    r = EPR
    circuit = Circuit(2, (*epr(0, 1), ops.ControlledX((0, 1), -1.0), x_of(1)))
    return System("epr-difference", "var (x_2 - x_1) = 2 e^{2r}", circuit, {"x": (0.0, 2 * exp(2 * r))})


def discarded() -> System:
    """Half of an EPR pair, after the other half was thrown away and its mode prepared again."""
    t = 0.3
    circuit = Circuit(
        2, (*epr(0, 1), ops.PrepareVacuum((0,)), ops.Homodyne((0,), t, "new"), ops.Homodyne((1,), t, "q"))
    )
    return System(
        "half-of-an-epr-pair",
        "var = cosh 2r at every angle; the new vacuum has 1",
        circuit,
        {"new": (0.0, 1.0), "q": (0.0, cosh(2 * EPR))},
    )


def sheared() -> System:
    """A displaced squeezed state after a shear."""
    r, x, p, s = 0.3, 0.7, -0.2, 0.9
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), r), ops.Displacement((0,), x, p), ops.Shear((0,), s), p_of(0)))
    return System(
        "shear",
        "mean p + s x, var e^{2r} + s^2 e^{-2r}",
        circuit,
        {"p": (p + s * x, exp(2 * r) + s * s * exp(-2 * r))},
    )


def controlled_x() -> System:
    """ControlledX from the higher to the lower mode: x of the target, p of the control."""
    r, s, g, x, p = 0.4, -0.2, 0.8, 0.5, 0.3
    circuit = Circuit(
        2,
        (
            ops.PrepareSqueezed((0,), r),
            ops.PrepareSqueezed((1,), s),
            ops.Displacement((1,), x, 0.0),
            ops.Displacement((0,), 0.0, p),
            ops.ControlledX((1, 0), g),
            x_of(0),
            p_of(1),
        ),
    )
    return System(
        "controlled-x",
        "x_t: mean g x_c, var e^{-2r} + g^2 e^{-2s}; p_c: mean -g p_t, var e^{2s} + g^2 e^{2r}",
        circuit,
        {"x": (g * x, exp(-2 * r) + g * g * exp(-2 * s)), "p": (-g * p, exp(2 * s) + g * g * exp(2 * r))},
    )


def controlled_z() -> System:
    """ControlledZ: the momentum of one mode gets the position of the other."""
    r, s, g, x = 0.4, 0.3, 0.7, 0.6
    circuit = Circuit(
        2,
        (
            ops.PrepareSqueezed((0,), r),
            ops.PrepareSqueezed((1,), s),
            ops.Displacement((1,), x, 0.0),
            ops.ControlledZ((0, 1), g),
            p_of(0, "p0"),
            p_of(1, "p1"),
        ),
    )
    return System(
        "controlled-z",
        "p_0: mean g x_1, var e^{2r} + g^2 e^{-2s}; p_1: mean 0, var e^{2s} + g^2 e^{-2r}",
        circuit,
        {"p0": (g * x, exp(2 * r) + g * g * exp(-2 * s)), "p1": (0.0, exp(2 * s) + g * g * exp(-2 * r))},
    )


def interferometer() -> System:
    """A Fourier transform of three squeezed modes, with phases that make the matrix unsymmetric."""
    r, x, p = (0.5, -0.3, 0.2), (0.6, 0.0, -0.4), (0.0, 0.5, 0.3)
    u = tuple(tuple(cexp(1j * (0.3 * j + 2 * pi * j * k / 3)) / sqrt(3) for k in range(3)) for j in range(3))
    circuit = Circuit(
        3,
        (
            *(ops.PrepareSqueezed((k,), r[k]) for k in range(3)),
            *(ops.Displacement((k,), x[k], p[k]) for k in range(3)),
            ops.Interferometer((0, 1, 2), u),
            x_of(0, "x0"),
            p_of(1, "p1"),
            x_of(2, "x2"),
        ),
    )

    def position(j: int) -> tuple[float, float]:
        mean = sum(u[j][k].real * x[k] - u[j][k].imag * p[k] for k in range(3))
        return mean, sum(u[j][k].real ** 2 * exp(-2 * r[k]) + u[j][k].imag ** 2 * exp(2 * r[k]) for k in range(3))

    def momentum(j: int) -> tuple[float, float]:
        mean = sum(u[j][k].imag * x[k] + u[j][k].real * p[k] for k in range(3))
        return mean, sum(u[j][k].imag ** 2 * exp(-2 * r[k]) + u[j][k].real ** 2 * exp(2 * r[k]) for k in range(3))

    return System(
        "interferometer",
        "x_j = sum_k Re U_jk x_k - Im U_jk p_k, p_j = sum_k Im U_jk x_k + Re U_jk p_k",
        circuit,
        {"x0": position(0), "p1": momentum(1), "x2": position(2)},
    )


# --- noise -----------------------------------------------------------------------------------------------------------


def lossy() -> System:
    """Loss of a displaced squeezed state."""
    r, x, eta = 0.7, 0.9, 0.6
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), r), ops.Displacement((0,), x, 0.0), ops.Loss((0,), eta), x_of(0)))
    return System(
        "loss",
        "mean sqrt(eta) x, var eta e^{-2r} + 1 - eta",
        circuit,
        {"x": (sqrt(eta) * x, eta * exp(-2 * r) + 1 - eta)},
    )


def thermal_loss() -> System:
    """Loss into a thermal environment."""
    r, p, eta, nbar = 0.4, 0.8, 0.7, 0.6
    circuit = Circuit(
        1, (ops.PrepareSqueezed((0,), r), ops.Displacement((0,), 0.0, p), ops.ThermalLoss((0,), eta, nbar), p_of(0))
    )
    return System(
        "thermal-loss",
        "mean sqrt(eta) p, var eta e^{2r} + (1 - eta)(2 nbar + 1)",
        circuit,
        {"p": (sqrt(eta) * p, eta * exp(2 * r) + (1 - eta) * (2 * nbar + 1))},
    )


def thermal_loss_of_one_of_two() -> System:
    """Thermal loss on one of two modes, before a gate between them."""
    r, eta, nbar, g = 0.3, 0.8, 0.5, 0.6
    circuit = Circuit(2, (*squeezed(2, r), ops.ThermalLoss((1,), eta, nbar), ops.ControlledX((1, 0), g), x_of(0)))
    thermal = eta * exp(2 * r) + (1 - eta) * (2 * nbar + 1)
    return System(
        "thermal-loss-of-one-of-two",
        "var x_t = e^{2r} + g^2 (eta e^{2r} + (1 - eta)(2 nbar + 1))",
        circuit,
        {"x": (0.0, exp(2 * r) + g * g * thermal)},
    )


def displacement_noise() -> System:
    """Random displacements of the same variance in x and p."""
    r, v = 0.5, 0.3
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), r), ops.DisplacementNoise((0,), v, v), x_of(0)))
    return System("displacement-noise", "var e^{-2r} + v", circuit, {"x": (0.0, exp(-2 * r) + v)})


def uneven_displacement_noise() -> System:
    """Random displacements of different variances, before a rotation."""
    v, w, t = 0.2, 0.7, 0.5
    circuit = Circuit(1, (ops.DisplacementNoise((0,), v, w), ops.Rotation((0,), t), p_of(0)))
    return System(
        "uneven-displacement-noise",
        "var of p cos t + x sin t = (1 + w) cos^2 t + (1 + v) sin^2 t",
        circuit,
        {"p": (0.0, at_angle(1 + w, 1 + v, t))},
    )


def turned_at_random(mean: float, square: float, other_square: float, v: float) -> tuple[float, float]:
    """Mean and variance of x cos(angle) - p sin(angle), or p cos(angle) + x sin(angle), for an angle of variance v."""
    fade = exp(-v / 2) * mean
    return fade, square * (1 + exp(-2 * v)) / 2 + other_square * (1 - exp(-2 * v)) / 2 - fade**2


def dephased() -> System:
    """A displaced squeezed state, turned by a random angle."""
    r, x, v = 0.3, 1.5, 0.4
    circuit = Circuit(
        1, (ops.PrepareSqueezed((0,), r), ops.Displacement((0,), x, 0.0), ops.Dephasing((0,), v), x_of(0))
    )
    return System(
        "dephasing",
        "mean x e^{-v/2}, second moment (e^{-2r} + x^2)(1 + e^{-2v}) / 2 + e^{2r} (1 - e^{-2v}) / 2",
        circuit,
        {"x": turned_at_random(x, exp(-2 * r) + x * x, exp(2 * r), v)},
    )
