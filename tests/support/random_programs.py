"""Random circuits, hand-made profiles and small building blocks shared by the tests of the simulators."""

from __future__ import annotations

from math import pi

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from hardware_profiles import Profile, profile_from_data


def edge(*modes: int, weight: float = 0.3) -> ops.PolynomialPhase:
    """A hyperedge gate, or any other monomial."""
    return ops.phase(Polynomial.monomial(modes, weight))


def squeezed(n: int, r: float) -> tuple[ops.Operation, ...]:
    """Momentum-squeezed modes: var p = e^{-2r}."""
    return tuple(ops.PrepareSqueezed((m,), -r) for m in range(n))


def x_of(mode: int, name: str = "x") -> ops.Homodyne:
    return ops.Homodyne((mode,), 0.0, name)


def p_of(mode: int, name: str = "p") -> ops.Homodyne:
    return ops.Homodyne((mode,), pi / 2, name)


def random_hypergraph(rng: np.random.Generator, modes: int, edges: int) -> Polynomial:
    """Edges of 2 and 3 modes with weights of order 0.3."""
    found = Polynomial()
    for _ in range(edges):
        size = int(rng.integers(2, 4))
        found += Polynomial.monomial(tuple(rng.permutation(modes)[:size].tolist()), float(rng.uniform(-0.4, 0.4)))
    return found


def random_noise(rng: np.random.Generator, mode: int) -> ops.Operation:
    """Loss, thermal loss or displacement noise."""
    kind = int(rng.integers(3))
    eta = float(rng.uniform(0.6, 1.0))
    if kind == 0:
        return ops.Loss((mode,), eta)
    return ops.ThermalLoss((mode,), eta, 0.2) if kind == 1 else ops.DisplacementNoise((mode,), 0.1, 0.05)


def random_body(rng: np.random.Generator, modes: int, length: int, noisy: bool) -> list[ops.Operation]:
    """Preparations and operations that need no complex beamsplitter: mostly inside the exact family."""
    out: list[ops.Operation] = [ops.PrepareSqueezed((m,), float(rng.uniform(-0.6, 0.3))) for m in range(modes)]
    for _ in range(length):
        a, b = (int(v) for v in rng.permutation(modes)[:2])
        v = float(rng.uniform(-0.6, 0.6))
        out.append(
            (
                lambda a=a, b=b, v=v: ops.BeamSplitter((a, b), v),
                lambda a=a, b=b, v=v: ops.Squeeze((a,), 0.4 * v),
                lambda a=a, b=b, v=v: ops.Displacement((a,), v, -v),
                lambda a=a, b=b, v=v: ops.ControlledX((a, b), v),
                lambda a=a, b=b, v=v: ops.ControlledZ((a, b), v),
                lambda a=a, b=b, v=v: ops.CubicPhase((a,), 0.3 * v),
                lambda a=a, b=b, v=v: edge(*range(modes), weight=0.5 * v),
                lambda a=a, b=b, v=v: edge(a, a, b, weight=0.3 * v),
                lambda a=a, b=b, v=v: ops.Shear((a,), v),
            )[int(rng.integers(9))]()
        )
        if noisy and rng.random() < 0.35:
            out.append(random_noise(rng, a if rng.random() < 0.5 else b))
    return out


def random_program(rng: np.random.Generator, modes: int, length: int = 6, noisy: bool = True) -> Circuit:
    """A random circuit whose last readout is x or p and whose others are x: mostly inside the exact family."""
    out = random_body(rng, modes, length, noisy)
    order = [int(m) for m in rng.permutation(modes)]
    for m in order[:-1]:
        out.append(x_of(m, f"y{m}"))
    out.append(ops.Homodyne((order[-1],), float(rng.choice([0.0, pi / 2])), f"y{order[-1]}"))
    return Circuit(modes, tuple(out))


def device(operations: dict[str, dict[str, float]], **noise: float) -> Profile:
    """A profile made by hand, with the given numbers per operation and noise per time."""

    def q(value: float) -> dict[str, object]:
        return {"value": value, "source": "made up for tests", "date": "2026-11-22", "mark": "A"}

    data = {
        "name": "by-hand",
        "version": 1,
        "family": "ideal",
        "status": "hypothetical",
        "description": "a profile for tests",
        "topology": {"kind": "all-to-all"},
        "noise": {k: q(v) for k, v in noise.items()},
        "operations": {
            name: {"availability": "native", **{k: q(v) for k, v in numbers.items()}}
            for name, numbers in operations.items()
        },
    }
    return profile_from_data(data, "device")


def noisy_device(**noise):
    """A profile with losses, added noise and durations that are easy to reckon with; rates of noise as given."""
    operations = {
        "PrepareSqueezed": {"loss_db": 0.5, "duration_s": 4.0},
        "Squeeze": {"loss_db": 1.0, "added_variance": 0.05, "duration_s": 2.0},
        "ControlledX": {"loss_db": 0.25, "duration_s": 1.0},
        "Displacement": {"duration_s": 3.0},
        "Homodyne": {"loss_db": 2.0, "duration_s": 5.0},
    }
    return device(operations, **noise)
