"""Make small instances of compiled programs that every back end can run."""

from __future__ import annotations

from math import pi

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    NOISE,
    PREPARATIONS,
    Homodyne,
    Loss,
    Operation,
    PolynomialPhase,
    PrepareSqueezed,
    ThermalLoss,
    phase,
)
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit
from hardware_profiles.schema import Profile

SQUEEZING = 0.5
"""Largest squeezing of a small instance: more is beyond any Fock cutoff that fits."""


class NoInstanceError(InputError):
    """A program has no part that is small enough for every back end."""


def small_instance(source: Circuit, profile: Profile) -> Circuit:
    """Compile the hypergraph that a source induces on one edge of at most three modes for the profile.

    Latent modes are squeezed by at most 0.5; p of the first mode and x of the others are read.

    Raises
    ------
    NoInstanceError
        If the source has no edge of two or three modes.
    NotMappableError
        If the profile cannot run it.
    """
    phases = [op.polynomial for op in source.operations if isinstance(op, PolynomialPhase) and not op.polynomial.names]
    phi = sum(phases, Polynomial())
    edges = [key for key in phi.terms if 2 <= len(key) <= 3]
    if not edges:
        raise NoInstanceError("the program has no edge of two or three modes to make a small instance of")
    chosen = [int(v) for v, _ in max(edges, key=len)]
    place = {mode: i for i, mode in enumerate(chosen)}
    inside = {key: c for key, c in phi.terms.items() if all(v in place for v, _ in key)}
    local = Polynomial(inside).relabel(lambda v: place[int(v)])
    given = [abs(op.r) for op in source.operations if isinstance(op, PrepareSqueezed) and op.r != 0.0]
    r = min([SQUEEZING, *given])
    n = len(chosen)
    operations: tuple[Operation, ...] = (
        *(PrepareSqueezed((m,), -r) for m in range(n)),
        phase(local),
        Homodyne((0,), pi / 2, "p0"),
        *(Homodyne((m,), 0.0, f"x{m}") for m in range(1, n)),
    )
    return compile_circuit(Circuit(n, operations), profile).circuit


def gathered(native: Circuit, noisy: Circuit) -> Circuit:
    """Return a native circuit with each mode's total loss just before its readout, and no other noise."""
    left = [1.0] * native.modes
    out: list[Operation] = []
    for op in noisy.operations:
        if isinstance(op, PREPARATIONS):
            left[op.modes[0]] = 1.0
        if isinstance(op, Homodyne) and left[op.modes[0]] < 1.0:
            out.append(Loss(op.modes, left[op.modes[0]]))
        if isinstance(op, Loss | ThermalLoss):
            left[op.modes[0]] *= op.eta
        if not isinstance(op, NOISE):
            out.append(op)
    return native.with_operations(tuple(out))
