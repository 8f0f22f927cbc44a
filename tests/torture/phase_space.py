"""An independent reference for compiled circuits: classical trajectories in 40 digits, and spin pulses at positions.

Polynomial gates act on quadratures as the classical map does, so two circuits are equal up to a global phase if their
maps agree at random points. Nothing here is shared with the package's own comparison: every operation is written out
from its definition (docs/programs.md), and parameters, which are float64, count as exact.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import mpmath
import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

DIGITS = 40

Starts = Collection[tuple[int, int]]
"""Preparations: a mode, and how often it was prepared before, this time included."""


def trajectory(circuit: Circuit, common: int, seed: int, turned: Starts = ()) -> dict[str, Any]:
    """Final quadratures of the first ``common`` modes, and all results, of one random point.

    Modes from ``common`` on are resources: they start on the surface that an ideal resource has (x = 0 or p = 0 where
    they are squeezed, ``p = gamma x^2`` for a cubic state), at a random place on it.
    A mode that is prepared again starts anew; twice at once is once. Where it is ``turned``, it starts at the opposite
    point.
    """
    with mpmath.workdps(DIGITS):
        z = [[mpmath.mpf(v) for v in _point(seed, mode, 0)] for mode in range(circuit.modes)]
        prepared = [0] * circuit.modes
        results: dict[str, Any] = {}
        read: set[int] = set()
        untouched: set[int] = set()
        for op in circuit.operations:
            if isinstance(op, ops.PREPARATIONS):
                (mode,) = op.modes
                prepared[mode] += mode not in untouched
                untouched.add(mode)
                sign = -1 if (mode, prepared[mode]) in turned else 1
                point = [sign * mpmath.mpf(v) for v in _point(seed, mode, prepared[mode])]
                z[mode] = _prepared(op, point, mode >= common)
                read.discard(mode)
                continue
            untouched.difference_update(op.modes)
            if isinstance(op, ops.Homodyne):
                (mode,) = op.modes
                results[op.result] = z[mode][0] * mpmath.cos(op.angle) + z[mode][1] * mpmath.sin(op.angle)
                read.add(mode)
            else:
                _act(op, z, results)
        names = {f"{q}{m}": z[m][i] for m in range(common) if m not in read for i, q in enumerate("xp")}
        return {**names, **results}


def _point(seed: int, mode: int, time: int) -> Any:
    return np.random.default_rng([seed, mode, time]).normal(size=2)


def _prepared(op: ops.Operation, point: list[Any], resource: bool) -> list[Any]:
    x, p = point
    if resource and isinstance(op, ops.PrepareCubic):
        gamma = op.gamma
        assert isinstance(gamma, float)
        return [x, gamma * x**2]
    if resource and isinstance(op, ops.PrepareSqueezed):
        return [mpmath.mpf(0), p] if op.r > 0 else [x, mpmath.mpf(0)]
    return [x, p]


def _act(op: ops.Operation, z: list[list[Any]], results: dict[str, Any]) -> None:
    def number(value: Any) -> Any:
        return value.evaluate(results) if isinstance(value, Polynomial) else mpmath.mpf(value)

    m = op.modes
    match op:
        case ops.Displacement():
            z[m[0]] = [z[m[0]][0] + number(op.x), z[m[0]][1] + number(op.p)]
        case ops.Rotation():
            _mix(z, m, [[mpmath.expj(number(op.theta))]])
        case ops.BeamSplitter():
            c, s, e = mpmath.cos(number(op.theta)), mpmath.sin(number(op.theta)), mpmath.expj(number(op.phi))
            _mix(z, m, [[c, -s / e], [s * e, c]])
        case ops.Interferometer():
            _mix(z, m, [[mpmath.mpc(entry) for entry in row] for row in op.matrix])
        case ops.Squeeze():
            e = mpmath.exp(number(op.r))
            z[m[0]] = [z[m[0]][0] / e, z[m[0]][1] * e]
        case ops.ControlledX():
            s, a, b = number(op.s), z[m[0]], z[m[1]]
            z[m[0]], z[m[1]] = [a[0], a[1] - s * b[1]], [b[0] + s * a[0], b[1]]
        case ops.ControlledZ():
            s, a, b = number(op.s), z[m[0]], z[m[1]]
            z[m[0]], z[m[1]] = [a[0], a[1] + s * b[0]], [b[0], b[1] + s * a[0]]
        case ops.Shear():
            z[m[0]][1] += number(op.s) * z[m[0]][0]
        case ops.CubicPhase():
            z[m[0]][1] += number(op.gamma) * z[m[0]][0] ** 2
        case ops.PhasePower():
            z[m[0]][1] += number(op.strength) * z[m[0]][0] ** (op.order - 1)
        case ops.PolynomialPhase():
            for mode, slope in _slopes(op.polynomial, [point[0] for point in z]).items():
                z[mode][1] += slope
        case _:
            raise AssertionError(f"the reference does not know {op}")


def _mix(z: list[list[Any]], modes: tuple[int, ...], matrix: list[list[Any]]) -> None:
    before = [mpmath.mpc(*z[mode]) for mode in modes]
    for mode, row in zip(modes, matrix, strict=True):
        after = mpmath.fsum(entry * value for entry, value in zip(row, before, strict=True))
        z[mode] = [after.real, after.imag]


def _slopes(f: Polynomial, x: list[Any]) -> dict[int, Any]:
    """The derivatives of a polynomial in positions."""
    out: dict[int, Any] = {}
    for key, coefficient in f.terms.items():
        for mode, power in key:
            assert isinstance(mode, int)
            rest = mpmath.mpf(coefficient) * power * x[mode] ** (power - 1)
            for other, exponent in key:
                if other != mode:
                    rest *= x[other] ** exponent  # type: ignore[index]
            out[mode] = out.get(mode, 0) + rest
    return out


def deviation(source: Circuit, native: Circuit, turned: Starts = ()) -> float:
    """The largest difference of a common output at random points, relative to the largest output there."""
    worst = 0.0
    for seed in (1, 2, 3):
        ours = trajectory(source, source.modes, seed)
        theirs = trajectory(native, source.modes, seed, turned)
        names = [name for name in ours if name[0] in "xp" or name in source.results]
        if any(name not in theirs for name in names):
            return float("inf")
        size = 1 + max(abs(value) for value in ours.values()) if ours else 1
        worst = max(worst, *(float(abs(ours[name] - theirs[name]) / size) for name in names), 0.0)
    return worst


def pulse_error(layout: str, native: Circuit, seed: int = 0) -> float:
    """The largest distance of a sequence's spin from ``e^{i f / hbar} |0>`` over what ``ions.json`` promises for it.

    At most 1 if the file keeps its word: ``|U(s)|0> - e^{i f(s) / hbar}|0>| <= sup_norm`` wherever ``|s| <= extent``.
    Pulses are multiplied out as docs/ions.md writes them.
    """
    data = json.loads(layout)
    rng = np.random.default_rng(seed)
    worst = 0.0
    for row in data["sequences"]:
        op, direction = native.operations[row["operation"]], np.array(row["vector"])
        assert isinstance(op, ops.PolynomialPhase)
        for s in rng.uniform(-1, 1, 40) * row["extent"]:
            x = dict(zip(row["modes"], s * direction / (direction @ direction), strict=True))
            f = sum(c * np.prod([x[mode] ** q for mode, q in key]) for key, c in op.polynomial.terms.items())
            spin = np.array([np.exp(1j * (row["kick"] * s + row["offset"])), 0.0])
            for j, (alpha, phi) in enumerate(zip(row["polar"], row["azimuth"], strict=True)):
                if j:
                    spin = spin * np.exp(np.array([1j, -1j]) * row["areas"][j - 1] * s)
                c, w = np.cos(alpha / 2), np.sin(alpha / 2)
                spin = np.array([[c, -1j * np.exp(-1j * phi) * w], [-1j * np.exp(1j * phi) * w, c]]) @ spin
            worst = max(worst, float(np.linalg.norm(spin - [np.exp(0.5j * f), 0.0])) / row["sup_norm"])
    return worst
