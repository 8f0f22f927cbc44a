"""Slow, obvious oracles: phase-space maps with 60 digits, written independently of the package; random circuits."""

from __future__ import annotations

import mpmath
import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

DIGITS = 60


def mp_push(circuit: Circuit, seed: int) -> dict[str, mpmath.mpf]:
    """Final quadratures and results of one random point, in 60 digits."""
    with mpmath.workdps(DIGITS):
        rng = np.random.default_rng(seed)
        x = [mpmath.mpf(v) for v in rng.normal(size=circuit.modes)]
        p = [mpmath.mpf(v) for v in rng.normal(size=circuit.modes)]
        results: dict[str, mpmath.mpf] = {}
        count: dict[int, int] = {}
        for op in circuit.operations:
            m = op.modes
            match op:
                case ops.PrepareSqueezed() | ops.PrepareVacuum():
                    fresh = np.random.default_rng([seed, m[0], count.get(m[0], 0)]).normal(size=2)
                    count[m[0]] = count.get(m[0], 0) + 1
                    x[m[0]], p[m[0]] = map(mpmath.mpf, fresh)
                case ops.Homodyne(angle=a, result=name):
                    results[name] = x[m[0]] * mpmath.cos(a) + p[m[0]] * mpmath.sin(a)
                case ops.Interferometer(matrix=u):
                    z = [mpmath.mpc(x[k], p[k]) for k in m]
                    for row, k in zip(u, m, strict=True):
                        total = mpmath.fsum(mpmath.mpc(c) * v for c, v in zip(row, z, strict=True))
                        x[k], p[k] = total.real, total.imag
                case ops.BeamSplitter(theta=t, phi=f):
                    a, b = (mpmath.mpc(x[k], p[k]) for k in m)
                    turn = mpmath.expjpi(mpmath.mpf(f) / mpmath.pi)
                    out = (
                        mpmath.cos(t) * a - mpmath.conj(turn) * mpmath.sin(t) * b,
                        turn * mpmath.sin(t) * a + mpmath.cos(t) * b,
                    )
                    for k, z in zip(m, out, strict=True):
                        x[k], p[k] = z.real, z.imag
                case ops.Rotation(theta=t):
                    z = mpmath.mpc(x[m[0]], p[m[0]]) * mpmath.expjpi(mpmath.mpf(_number(t, results)) / mpmath.pi)
                    x[m[0]], p[m[0]] = z.real, z.imag
                case ops.Squeeze(r=r):
                    e = mpmath.exp(mpmath.mpf(_number(r, results)))
                    x[m[0]], p[m[0]] = x[m[0]] / e, p[m[0]] * e
                case ops.Displacement(x=dx, p=dp):
                    x[m[0]] += _number(dx, results)
                    p[m[0]] += _number(dp, results)
                case ops.ControlledX(s=s):
                    x[m[1]] += _number(s, results) * x[m[0]]
                    p[m[0]] -= _number(s, results) * p[m[1]]
                case ops.ControlledZ(s=s):
                    p[m[0]] += _number(s, results) * x[m[1]]
                    p[m[1]] += _number(s, results) * x[m[0]]
                case ops.Shear(s=s):
                    p[m[0]] += _number(s, results) * x[m[0]]
                case ops.CubicPhase(gamma=g):
                    p[m[0]] += _number(g, results) * x[m[0]] ** 2
                case ops.PhasePower(order=order, strength=g):
                    p[m[0]] += _number(g, results) * x[m[0]] ** (order - 1)
                case ops.PolynomialPhase(polynomial=f):
                    for key, c in f.terms.items():
                        for v, power in key:
                            rest = mpmath.mpf(c) * power * x[v] ** (power - 1)
                            for other, q in key:
                                if other != v:
                                    rest *= x[other] ** q
                            p[v] += rest
                case _:
                    raise AssertionError(op)
        return {**{f"x{i}": v for i, v in enumerate(x)}, **{f"p{i}": v for i, v in enumerate(p)}, **results}


def _number(value: object, results: dict[str, mpmath.mpf]) -> object:
    return value.evaluate(results) if isinstance(value, Polynomial) else mpmath.mpf(value)


def truly_equal(left: Circuit, right: Circuit, seeds: tuple[int, ...] = (1, 2, 3)) -> bool:
    """Whether two circuits without readouts agree at a few points, up to the rounding of their parameters.

    The arithmetic is exact here, but parameters are float64 and come from eigenvectors of runs of gates, off by 1e-16
    times the condition of the run: 1e-12 is far above that, and far below what any mutant changes.
    """
    for seed in seeds:
        a, b = mp_push(left, seed), mp_push(right, seed)
        size = max(abs(v) for v in a.values()) + 1
        if any(abs(a[k] - b[k]) > 1e-12 * size for k in a):
            return False
    return True


def random_operation(rng: np.random.Generator, modes: int) -> ops.Operation:
    """A random native or logical operation without measurement."""
    a, b, c = (int(v) for v in rng.permutation(modes)[:3])
    value = float(rng.uniform(0.1, 0.9) * rng.choice([-1, 1]))
    kind = int(rng.integers(10))
    return (
        lambda: ops.BeamSplitter((a, b), value),
        lambda: ops.BeamSplitter((a, b), value, float(rng.uniform(-3, 3))),
        lambda: ops.Squeeze((a,), 0.5 * value),
        lambda: ops.Rotation((a,), value),
        lambda: ops.Displacement((a,), value, float(rng.uniform(-1, 1))),
        lambda: ops.CubicPhase((a,), 0.3 * value),
        lambda: ops.CubicPhase((b,), 0.3 * value),
        lambda: ops.ControlledX((a, b), value),
        lambda: ops.ControlledZ((a, b), value),
        lambda: ops.phase(Polynomial.monomial((a, b, c), 0.3 * value)),
    )[kind]()


def random_circuit(rng: np.random.Generator, modes: int = 3, length: int = 8) -> Circuit:
    """A random circuit without measurement."""
    return Circuit(modes, tuple(random_operation(rng, modes) for _ in range(length)))
