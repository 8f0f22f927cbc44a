"""Slow reference for Gaussian programs: every readout as a sum over independent normal sources, with 120 digits.

Nothing here is shared with the simulators: an operator is a list of mpmath coefficients, one for each source, and
variances are sums of their squares. Parameters, which are float64, count as exact.
"""

from __future__ import annotations

from typing import Any

import mpmath
from mpmath import mpf

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

DIGITS = 120


class Sources:
    """Operators ``{source: coefficient}`` of all modes; sources are numbered, ``None`` stands for the constant 1."""

    def __init__(self, modes: int) -> None:
        self.count = 0
        self.x = [self.fresh(mpf(1)) for _ in range(modes)]
        self.p = [self.fresh(mpf(1)) for _ in range(modes)]
        self.results: dict[str, dict[Any, Any]] = {}

    def fresh(self, deviation: Any) -> dict[Any, Any]:
        self.count += 1
        return {self.count: deviation}

    def take(self, op: ops.Operation) -> None:
        x, p = self.x, self.p
        match op:
            case ops.PrepareVacuum(modes=(m,)):
                x[m], p[m] = self.fresh(mpf(1)), self.fresh(mpf(1))
            case ops.PrepareSqueezed(modes=(m,), r=r):
                x[m], p[m] = self.fresh(mpmath.exp(-mpf(r))), self.fresh(mpmath.exp(mpf(r)))
            case ops.Rotation(modes=(m,), theta=theta):
                c, s = mpmath.cos(mpf(theta)), mpmath.sin(mpf(theta))
                x[m], p[m] = add((c, x[m]), (-s, p[m])), add((s, x[m]), (c, p[m]))
            case ops.Squeeze(modes=(m,), r=r):
                x[m], p[m] = add((mpmath.exp(-mpf(r)), x[m])), add((mpmath.exp(mpf(r)), p[m]))
            case ops.Shear(modes=(m,), s=s):
                p[m] = add((1, p[m]), (mpf(s), x[m]))
            case ops.Displacement(modes=(m,), x=dx, p=dp):
                x[m], p[m] = add((1, x[m]), (1, self.value(dx))), add((1, p[m]), (1, self.value(dp)))
            case ops.BeamSplitter(modes=(a, b), theta=theta, phi=phi):
                c, s = mpmath.cos(mpf(theta)), mpmath.sin(mpf(theta))
                cf, sf = mpmath.cos(mpf(phi)), mpmath.sin(mpf(phi))
                new = (
                    add((c, x[a]), (-s * cf, x[b]), (-s * sf, p[b])),
                    add((c, x[b]), (s * cf, x[a]), (-s * sf, p[a])),
                    add((c, p[a]), (-s * cf, p[b]), (s * sf, x[b])),
                    add((c, p[b]), (s * cf, p[a]), (s * sf, x[a])),
                )
                x[a], x[b], p[a], p[b] = new
            case ops.Interferometer(modes=modes, matrix=rows):
                real = [[mpf(complex(v).real) for v in row] for row in rows]
                imag = [[mpf(complex(v).imag) for v in row] for row in rows]
                xs, ps = [x[m] for m in modes], [p[m] for m in modes]
                for m, u, v in zip(modes, real, imag, strict=True):
                    x[m] = add(*zip(u, xs, strict=True), *((-w, q) for w, q in zip(v, ps, strict=True)))
                    p[m] = add(*zip(u, ps, strict=True), *zip(v, xs, strict=True))
            case ops.ControlledX(modes=(c, t), s=s):
                x[t], p[c] = add((1, x[t]), (mpf(s), x[c])), add((1, p[c]), (-mpf(s), p[t]))
            case ops.ControlledZ(modes=(a, b), s=s):
                p[a], p[b] = add((1, p[a]), (mpf(s), x[b])), add((1, p[b]), (mpf(s), x[a]))
            case ops.Loss(modes=(m,), eta=eta):
                keep, drop = mpmath.sqrt(mpf(eta)), mpmath.sqrt(1 - mpf(eta))
                x[m], p[m] = add((keep, x[m]), (1, self.fresh(drop))), add((keep, p[m]), (1, self.fresh(drop)))
            case ops.DisplacementNoise(modes=(m,), x_variance=vx, p_variance=vp):
                x[m] = add((1, x[m]), (1, self.fresh(mpmath.sqrt(mpf(vx)))))
                p[m] = add((1, p[m]), (1, self.fresh(mpmath.sqrt(mpf(vp)))))
            case ops.Homodyne(modes=(m,), angle=angle, result=result):
                c, s = mpmath.cos(mpf(angle)), mpmath.sin(mpf(angle))
                c = mpf(0) if abs(c) < 1e-15 else c  # pi / 2 in float64 means p
                self.results[result] = add((c, x[m]), (s, p[m]))
            case _:
                raise NotImplementedError(op)

    def value(self, parameter: ops.Parameter) -> dict[Any, Any]:
        """A linear combination of results, or a number."""
        if not isinstance(parameter, Polynomial):
            return {None: mpf(parameter)}
        parts = []
        for key, coefficient in parameter.terms.items():
            ((name, power),) = key
            assert power == 1
            parts.append((mpf(coefficient), self.results[name]))
        return add(*parts)


def add(*parts: tuple[Any, dict[Any, Any]]) -> dict[Any, Any]:
    """Sum of factors times operators."""
    out: dict[Any, Any] = {}
    for factor, operator in parts:
        for source, value in operator.items():
            out[source] = out.get(source, mpf(0)) + factor * value
    return out


def mean_and_variance(circuit: Circuit, answer: Polynomial) -> tuple[float, float]:
    """Mean and variance of a linear combination of the results of a Gaussian program."""
    with mpmath.workdps(DIGITS):
        sources = Sources(circuit.modes)
        for op in circuit.operations:
            sources.take(op)
        operator = sources.value(answer)
        variance = sum((value**2 for source, value in operator.items() if source is not None), mpf(0))
        return float(operator.get(None, 0)), float(variance)
