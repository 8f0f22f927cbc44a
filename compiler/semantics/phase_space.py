r"""The phase-space map of a circuit: its action on points (x, p), which is its action on the quadrature operators.

Every noiseless operation but a Kerr gate is Gaussian or a polynomial phase, so in the Heisenberg picture it is a
polynomial symplectic map, composed like a classical map. A homodyne result is the measured quadrature itself (deferred
measurement), a photon count is n = (x^2 + p^2) / 4 - 1 / 2, and a prepared mode starts at a fresh point. A readout of a
displacement D shows its exponent alpha.p + beta.x there, and moves its modes by half of D, for reasons given in
`compiler.semantics.readouts.exponents`; its outcome is a number that the caller gives.
`compiler.semantics.equivalence` compares two circuits by such maps. Points are float64, or mpmath numbers in arrays of
objects: then parameters, which are float64, are taken as exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.ir.relabel import relabelled
from compiler.typing import AnyArray

FreshPoint = Callable[[int, int], tuple[AnyArray, AnyArray]]
"""``(mode, occurrence) -> (x, p)``: where the occurrence-th preparation of a mode starts."""


@dataclass(frozen=True, slots=True)
class PushedPoints:
    """The points after a circuit.

    Attributes
    ----------
    x, p : array, shape (modes, points)
        Final quadratures; rows of measured modes hold their last values.
    results : mapping from name to array, shape (points,)
        Homodyne results and photon numbers.
    exponents : mapping from name to array, shape (points,)
        alpha.p + beta.x of each `DisplacementReadout`, when it is read.
    prepared : mapping from (mode, occurrence) to the preparation
    largest : array, shape (points,)
        Largest magnitude that a quadrature had during the circuit.
    selected : mapping from (mode, occurrence) to (array, float)
        The quadrature that the occurrence-th `PostSelect` of a mode reads, and the value that it keeps.
    """

    x: AnyArray
    p: AnyArray
    results: Mapping[str, AnyArray]
    exponents: Mapping[str, AnyArray]
    prepared: Mapping[tuple[int, int], ops.Operation]
    largest: AnyArray
    selected: Mapping[tuple[int, int], tuple[AnyArray, float]]


def push(
    circuit: Circuit,
    x: AnyArray,
    p: AnyArray,
    fresh: FreshPoint,
    symbols: Mapping[str, AnyArray] | None = None,
    before: Callable[[int, AnyArray, AnyArray], None] | None = None,
    shares: Mapping[str, Any] | None = None,
) -> PushedPoints:
    """Push points through a circuit.

    Parameters
    ----------
    circuit : Circuit
        Without noise and Kerr gates.
    x, p : array, shape (modes, points)
        Starting points of all modes. Floating point, or ``mpmath.mpf`` objects.
    fresh : callable
        Starting points of prepared modes; for `PrepareCubic`, those of the squeezed state that the cubic gate acts on.
    symbols : mapping from name to array, shape (points,)
        Values of the circuit's symbols, and outcomes of its displacement readouts.
    before : callable, optional
        Called before every operation with its index and the quadratures of all modes, which it may change in place.
    shares : mapping from name to number or array, shape (points,), optional
        How much of D the readout of that name applies to its modes; 1/2 where none is given.

    Raises
    ------
    CircuitError
        If the circuit contains noise or a Kerr gate, which have no polynomial phase-space map.
    """
    x, p = np.array(x), np.array(p)
    results: dict[str, AnyArray] = {name: (symbols or {})[name] for name in circuit.symbols}
    prepared: dict[tuple[int, int], ops.Operation] = {}
    selected: dict[tuple[int, int], tuple[AnyArray, float]] = {}
    occurrences: Counter[int] = Counter()
    selections: Counter[int] = Counter()
    exponents: dict[str, AnyArray] = {}
    largest = np.zeros(x.shape[1:])
    follow = x.dtype != object  # more digits lose nothing
    with np.errstate(over="ignore", invalid="ignore"):
        for index, op in enumerate(circuit.operations):
            if before is not None:
                before(index, x, p)
            if isinstance(op, ops.PREPARATIONS):
                for mode in op.modes:
                    key = mode, occurrences[mode]
                    occurrences[mode] += 1
                    prepared[key] = op
                    x[mode], p[mode] = fresh(*key)
                    if isinstance(op, ops.PrepareCubic):
                        p[mode] = p[mode] + _value(op.gamma, results) * x[mode] ** 2
                continue
            if isinstance(op, ops.Homodyne | ops.PhotonCount):
                (mode,) = op.modes
                number = (x[mode] ** 2 + p[mode] ** 2) / 4 - 0.5
                results[op.result] = rotated(x[mode], p[mode], op.angle) if isinstance(op, ops.Homodyne) else number
                continue
            if isinstance(op, ops.PostSelect):
                (mode,) = op.modes
                selected[mode, selections[mode]] = rotated(x[mode], p[mode], op.angle), op.value
                selections[mode] += 1
                continue
            if isinstance(op, ops.DisplacementReadout):
                exponents[op.result] = exponent(op, x, p)
                displace(op, (shares or {}).get(op.result, 0.5), x, p)
                results[op.result] = (symbols or {})[op.result]
            else:
                rule = RULES[type(op)]
                if isinstance(rule, str):
                    raise CircuitError(f"operation {index} {op}: {rule}")
                rule(op, x, p, results)
            if follow:
                for m in op.modes:
                    np.maximum(largest, np.maximum(abs(x[m]), abs(p[m])), out=largest)
    named = {name: results[name] for name in circuit.results if name not in exponents}
    return PushedPoints(x, p, named, exponents, prepared, largest, selected)


def exponent(op: ops.DisplacementReadout, x: AnyArray, p: AnyArray) -> AnyArray:
    """Return ``alpha.p + beta.x`` of a displacement that is read."""
    terms = zip(op.modes, op.alpha, op.beta, strict=True)
    out: AnyArray = sum((a * p[m] + b * x[m] for m, a, b in terms), 0 * x[op.modes[0]])
    return out


def displace(op: ops.DisplacementReadout, share: Any, x: AnyArray, p: AnyArray) -> None:
    """Move x and p in place by a share of the displacement that is read; share 1 is -2 alpha and 2 beta."""
    for m, a, b in zip(op.modes, op.alpha, op.beta, strict=True):
        x[m], p[m] = x[m] - 2 * a * share, p[m] + 2 * b * share


def symplectic(gates: Sequence[ops.Operation]) -> tuple[tuple[int, ...], AnyArray]:
    """Return the modes of Gaussian gates in sequence, ascending, and their matrix on (x .., p ..) of these modes.

    >>> symplectic([ops.Shear((3,), 0.5)])[1].tolist()
    [[1.0, 0.0], [0.5, 1.0]]
    """
    modes = tuple(sorted({m for op in gates for m in op.modes}))
    place = {m: i for i, m in enumerate(modes)}
    k = len(modes)
    local = tuple(relabelled(op, place) for op in gates)
    start = np.eye(2 * k)
    pushed = push(Circuit(k, local), start[:k], start[k:], lambda mode, occurrence: (start[0], start[0]))
    return modes, np.vstack([pushed.x, pushed.p])


def _value(parameter: ops.Parameter, results: Mapping[str, AnyArray]) -> Any:
    return parameter.evaluate(results) if isinstance(parameter, Polynomial) else parameter


def _number(value: Any, like: AnyArray) -> Any:
    """Return a parameter in the arithmetic of the points.

    An mpmath number becomes an array of one: mpmath prints every array that stands right of a number of its own, to see
    whether it is one.
    """
    if like.dtype != object or isinstance(value, np.ndarray):
        return value
    import mpmath

    return np.array([mpmath.mpf(value)], dtype=object)


def _cos_sin(angle: Any, like: AnyArray) -> tuple[Any, Any]:
    if like.dtype != object:
        return np.cos(angle), np.sin(angle)
    import mpmath

    cos, sin = (np.frompyfunc(f, 1, 1) for f in (mpmath.cos, mpmath.sin))
    return cos(_number(angle, like)), sin(_number(angle, like))


def _exp(value: Any, like: AnyArray) -> Any:
    if like.dtype != object:
        return np.exp(value)
    import mpmath

    return np.frompyfunc(mpmath.exp, 1, 1)(_number(value, like))


def rotated(x: AnyArray, p: AnyArray, angle: float) -> AnyArray:
    """Return ``x cos(angle) + p sin(angle)``, the quadrature that a homodyne measurement reads."""
    c, s = _cos_sin(angle, x)
    out: AnyArray = c * x + s * p
    return out


def _rotation(op: ops.Rotation, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    (m,) = op.modes
    c, s = _cos_sin(_value(op.theta, results), x)
    x[m], p[m] = c * x[m] - s * p[m], c * p[m] + s * x[m]


def _squeeze(op: ops.Squeeze, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    (m,) = op.modes
    factor = _exp(_value(op.r, results), x)
    x[m], p[m] = x[m] / factor, p[m] * factor


def _shear(op: ops.Shear, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    (m,) = op.modes
    p[m] = p[m] + _value(op.s, results) * x[m]


def _displacement(op: ops.Displacement, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    (m,) = op.modes
    x[m], p[m] = x[m] + _value(op.x, results), p[m] + _value(op.p, results)


def _beam_splitter(op: ops.BeamSplitter, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    a, b = op.modes
    c, s = _cos_sin(_value(op.theta, results), x)
    if isinstance(op.phi, float) and op.phi == 0.0:
        x[a], x[b] = c * x[a] - s * x[b], c * x[b] + s * x[a]
        p[a], p[b] = c * p[a] - s * p[b], c * p[b] + s * p[a]
        return
    cf, sf = _cos_sin(_value(op.phi, results), x)
    # a_0 -> c a_0 - s e^{-i phi} a_1 and a_1 -> c a_1 + s e^{i phi} a_0, split into quadratures
    xa = c * x[a] - s * (cf * x[b] + sf * p[b])
    pa = c * p[a] - s * (cf * p[b] - sf * x[b])
    xb = c * x[b] + s * (cf * x[a] - sf * p[a])
    pb = c * p[b] + s * (cf * p[a] + sf * x[a])
    x[a], p[a], x[b], p[b] = xa, pa, xb, pb


def _controlled_x(op: ops.ControlledX, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    c, t = op.modes
    s = _value(op.s, results)
    x[t], p[c] = x[t] + s * x[c], p[c] - s * p[t]


def _controlled_z(op: ops.ControlledZ, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    a, b = op.modes
    s = _value(op.s, results)
    p[a], p[b] = p[a] + s * x[b], p[b] + s * x[a]


def _interferometer(op: ops.Interferometer, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    modes = list(op.modes)
    u = np.array(op.matrix, dtype=complex)
    real, imag = u.real.astype(x.dtype), u.imag.astype(x.dtype)
    xs, ps = x[modes], p[modes]
    x[modes], p[modes] = real @ xs - imag @ ps, real @ ps + imag @ xs


def _polynomial_phase(op: ops.PolynomialPhase, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    point: dict[Any, Any] = {m: x[m] for m in op.modes}
    point.update(results)  # named variables are results or symbols
    slopes: dict[int, Any] = {}
    for key, coefficient in op.polynomial.terms.items():
        for place, (mode, power) in enumerate(key):
            if isinstance(mode, str):
                break
            slope: Any = _number(power * coefficient, x)
            if power > 1:
                slope = slope * point[mode] ** (power - 1)
            for other, q in key[:place] + key[place + 1 :]:
                slope = slope * (point[other] if q == 1 else point[other] ** q)
            slopes[mode] = slopes.get(mode, 0.0) + slope
    for mode, slope in slopes.items():
        p[mode] = p[mode] + slope


def _cubic_phase(op: ops.CubicPhase, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    (m,) = op.modes
    p[m] = p[m] + _value(op.gamma, results) * x[m] ** 2


def _phase_power(op: ops.PhasePower, x: AnyArray, p: AnyArray, results: Mapping[str, AnyArray]) -> None:
    (m,) = op.modes
    p[m] = p[m] + _value(op.strength, results) * x[m] ** (op.order - 1)


NOISY = "noise has no phase-space map; compare noiseless circuits"

RULES: dict[type[ops.Operation], Callable[[Any, AnyArray, AnyArray, Mapping[str, AnyArray]], None] | str] = {
    ops.PrepareVacuum: "handled by `push`: a fresh point",
    ops.PrepareSqueezed: "handled by `push`: a fresh point",
    ops.PrepareCubic: "handled by `push`: a fresh point of the squeezed state, then the cubic gate",
    ops.PrepareFock: "handled by `push`: a fresh point",
    ops.PrepareCat: "handled by `push`: a fresh point",
    ops.PrepareGKP: "handled by `push`: a fresh point",
    ops.PrepareKet: "handled by `push`: a fresh point",
    ops.PrepareDensity: "handled by `push`: a fresh point",
    ops.PostSelect: "handled by `push`: the mode ends",
    ops.PhotonCount: "handled by `push`: the result is the photon number",
    ops.Homodyne: "handled by `push`: the result is the quadrature",
    ops.DisplacementReadout: "handled by `push`: its exponent is kept, and its modes move by half of the displacement",
    ops.Loss: NOISY,
    ops.ThermalLoss: NOISY,
    ops.DisplacementNoise: NOISY,
    ops.Dephasing: NOISY,
    ops.Kerr: "a Kerr gate has no polynomial phase-space map, so circuits with one cannot be compared",
    ops.CrossKerr: "a cross-Kerr gate has no polynomial phase-space map, so circuits with one cannot be compared",
    ops.Rotation: _rotation,
    ops.Squeeze: _squeeze,
    ops.Shear: _shear,
    ops.Displacement: _displacement,
    ops.BeamSplitter: _beam_splitter,
    ops.ControlledX: _controlled_x,
    ops.ControlledZ: _controlled_z,
    ops.Interferometer: _interferometer,
    ops.PolynomialPhase: _polynomial_phase,
    ops.CubicPhase: _cubic_phase,
    ops.PhasePower: _phase_power,
}
"""Action of each operation on points, in place, or why it has none; total over `compiler.ir.operations.OPERATIONS`."""
