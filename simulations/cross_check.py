r"""One compiled 3-mode cell in the exact simulator and in Strawberry Fields, beside the closed form.

Three modes squeezed in p (var x = e^{2r}), one 3-edge of weight w compiled to cubic gates and beamsplitters, loss eta
on every mode, momentum of mode 0: mean 0 and variance ``eta (e^{-2r} + w^2 e^{4r}) + 1 - eta``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, pi, sqrt
from time import perf_counter

import numpy as np

from compiler.circuit import Circuit
from compiler.operations import Homodyne, Loss, PrepareSqueezed, phase
from compiler.pipeline import compile_circuit
from compiler.polynomial import Polynomial
from hardware_profiles import Profile
from simulations.exact import simulate
from simulations.strawberryfields_backend import moments


@dataclass(frozen=True, slots=True)
class CrossCheckRow:
    """One witness: its moments, how far its variance is from the closed form, and its time."""

    backend: str
    setting: str
    mean: float
    variance: float
    variance_stderr: float | None
    relative_error: float
    seconds: float
    trace: float | None


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """The closed form and the witnesses."""

    squeezing: float
    weight: float
    eta: float
    exact_variance: float
    rows: tuple[CrossCheckRow, ...]


def lossy_edge(profile: Profile, squeezing: float, weight: float, eta: float) -> Circuit:
    """The circuit of the cross-check, compiled for the profile; the loss stands after the last gate."""
    logical = Circuit(
        3,
        (
            *(PrepareSqueezed((m,), -squeezing) for m in range(3)),
            phase(Polynomial.monomial((0, 1, 2), weight)),
        ),
    )
    native = compile_circuit(logical, profile).circuit
    return native.then((*(Loss((m,), eta) for m in range(3) if eta < 1.0), Homodyne((0,), pi / 2, "p0")))


def lossy_edge_variance(squeezing: float, weight: float, eta: float) -> float:
    """``eta (e^{-2r} + w^2 e^{4r}) + 1 - eta``.

    >>> round(lossy_edge_variance(0.5, 0.3, 0.9), 6)
    1.029605
    """
    return eta * (exp(-2.0 * squeezing) + weight**2 * exp(4.0 * squeezing)) + 1.0 - eta


def cross_check(
    profile: Profile,
    cutoffs: tuple[int, ...],
    shots: int,
    seed: int,
    *,
    squeezing: float = 0.5,
    weight: float = 0.3,
    eta: float = 0.9,
    progress: Callable[[int], None] | None = None,
) -> CrossCheck:
    """Run the cell everywhere.

    Parameters
    ----------
    profile : Profile
        Compiled for; its own losses are not used.
    cutoffs : tuple of int
        Fock cutoffs for Strawberry Fields.
    shots : int
        Shots of the exact simulator.
    seed : int
    squeezing, weight, eta : float
        r, w and transmission.
    progress : callable
        Called with the number of witnesses done.
    """
    circuit = lossy_edge(profile, squeezing, weight, eta)
    exact = lossy_edge_variance(squeezing, weight, eta)
    start = perf_counter()
    values = simulate(circuit, shots, np.random.default_rng(seed)).results["p0"]
    variance = float(values.var(ddof=1))
    fourth = float(((values - values.mean()) ** 4).mean())
    rows = [
        CrossCheckRow(
            "exact",
            f"{shots} shots",
            float(values.mean()),
            variance,
            sqrt((fourth - variance**2) / shots),
            variance / exact - 1.0,
            perf_counter() - start,
            None,
        )
    ]
    if progress is not None:
        progress(1)
    if cutoffs:
        moments(circuit, 3)  # imports and compiles the back end, so that the times below are of the runs alone
    for done, cutoff in enumerate(cutoffs, start=2):
        start = perf_counter()
        (found,) = moments(circuit, cutoff)
        rows.append(
            CrossCheckRow(
                "strawberryfields",
                f"Fock cutoff {cutoff}",
                found.mean,
                found.variance,
                None,
                found.variance / exact - 1.0,
                perf_counter() - start,
                found.trace,
            )
        )
        if progress is not None:
            progress(done)
    return CrossCheck(squeezing, weight, eta, exact, tuple(rows))
