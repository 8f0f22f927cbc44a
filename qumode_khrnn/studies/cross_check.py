r"""Run one 3-mode cell on every back end, and compare with the closed form.

Three modes squeezed in p (var x = e^{2r}), one 3-edge of weight w, loss eta on every mode, momentum of mode 0: mean 0
and variance ``eta (e^{-2r} + w^2 e^{4r}) + 1 - eta``. Strawberry Fields runs the compiled cell, with and without the
loss. The exact simulator runs both forms of the cell, the grid and MrMustard the logical form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, pi, sqrt
from time import perf_counter

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.ir.operations import Homodyne, Loss, PrepareSqueezed, phase
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit
from compiler.typing import Advance
from hardware_profiles import Profile
from hardware_profiles.extras import absence
from simulations import grid
from simulations.backends import handover
from simulations.backends.fock import quadrature_moments
from simulations.backends.strawberryfields import moments as fields_moments
from simulations.exact import moments, simulate

KET_CUTOFF = 40
"""Fock cutoff of the ket that is handed to MrMustard."""


@dataclass(frozen=True, slots=True)
class CrossCheckRow:
    """One witness: its moments, how far its variance is from the closed form, and its time.

    ``uncertainty`` is the witness's own estimate for its variance: a standard error, or the change on a finer grid.
    """

    backend: str
    setting: str
    eta: float
    cutoff: int | None
    mean: float
    variance: float
    uncertainty: float | None
    relative_error: float
    seconds: float
    trace: float | None


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """The closed form and the witnesses; ``exact_variance`` is that with loss.

    ``absent`` has a line for every back end that was left out because its package is not installed.
    """

    squeezing: float
    weight: float
    eta: float
    exact_variance: float
    rows: tuple[CrossCheckRow, ...]
    absent: tuple[str, ...] = ()

    def of(self, backend: str) -> tuple[CrossCheckRow, ...]:
        """Return all rows of a back end; empty if it was left out."""
        return tuple(row for row in self.rows if row.backend == backend)

    def row(self, backend: str, setting: str) -> CrossCheckRow:
        """Return the first row of a back end whose setting begins with the given text."""
        return next(r for r in self.rows if r.backend == backend and r.setting.startswith(setting))


def logical_edge(squeezing: float, weight: float, eta: float) -> Circuit:
    """Return the circuit of the cross-check, not compiled."""
    state = tuple(PrepareSqueezed((m,), -squeezing) for m in range(3))
    loss = tuple(Loss((m,), eta) for m in range(3) if eta < 1.0)
    return Circuit(3, (*state, phase(Polynomial.monomial((0, 1, 2), weight)), *loss, Homodyne((0,), pi / 2, "p0")))


def lossy_edge(profile: Profile, squeezing: float, weight: float, eta: float) -> Circuit:
    """Return the circuit of the cross-check, compiled for the profile; the loss stands after the last gate."""
    native = compile_circuit(logical_edge(squeezing, weight, 1.0), profile).circuit
    read = native.operations[-1]
    loss = tuple(Loss((m,), eta) for m in range(3) if eta < 1.0)
    return native.with_operations((*native.operations[:-1], *loss, read))


def lossy_edge_variance(squeezing: float, weight: float, eta: float) -> float:
    """Return ``eta (e^{-2r} + w^2 e^{4r}) + 1 - eta``.

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
    pure_cutoffs: tuple[int, ...] = (),
    squeezing: float = 0.5,
    weight: float = 0.3,
    eta: float = 0.9,
    progress: Advance | None = None,
) -> CrossCheck:
    """Run the cell on every back end.

    Parameters
    ----------
    profile : Profile
        Profile that the cell is compiled for; its noise is not used.
    cutoffs : tuple of int
        Fock cutoffs for Strawberry Fields with loss.
    shots : int
        Shots of the exact simulator.
    seed : int
    pure_cutoffs : tuple of int
        Fock cutoffs for Strawberry Fields without loss.
    squeezing, weight, eta : float
        r, w and transmission.
    progress : callable
        Called with the number of witnesses done, of ``4 + len(cutoffs) + len(pure_cutoffs)``.
    """
    compiled, logical = lossy_edge(profile, squeezing, weight, eta), logical_edge(squeezing, weight, eta)
    rows: list[CrossCheckRow] = []
    start = perf_counter()

    def add(backend: str, setting: str, found: tuple[float, float], **more: float | None) -> None:
        nonlocal start
        mean, variance = found
        at = more.get("eta", eta)
        exact = lossy_edge_variance(squeezing, weight, eta if at is None else at)
        rows.append(
            CrossCheckRow(
                backend,
                setting,
                eta if at is None else at,
                None if (cutoff := more.get("cutoff")) is None else int(cutoff),
                mean,
                variance,
                more.get("uncertainty"),
                variance / exact - 1.0,
                perf_counter() - start,
                more.get("trace"),
            )
        )
        if progress is not None:
            progress(len(rows))
        start = perf_counter()

    add("exact", "closed form of the compiled cell", moments(compiled).of("p0"), uncertainty=0.0)
    values = simulate(compiled, shots, np.random.default_rng(seed)).results["p0"]
    variance = float(values.var(ddof=1))
    fourth = float(((values - values.mean()) ** 4).mean())
    sampled = float(values.mean()), variance
    add("exact", f"{shots} shots", sampled, uncertainty=sqrt((fourth - variance**2) / shots))
    (on_grid,) = grid.moments(logical)
    add("grid", "position grid", (on_grid.mean, on_grid.variance), uncertainty=on_grid.grid_error)
    absent = {name: line for name in ("mrmustard", "strawberryfields") if (line := absence(name))}
    if "mrmustard" not in absent:
        (_, rho) = handover.single_modes(logical, KET_CUTOFF)["p0"]
        kept = float(np.trace(rho).real)
        add("mrmustard", "loss on the grid's ket", quadrature_moments(rho, pi / 2), cutoff=KET_CUTOFF, trace=kept)
    for at, cutoff in () if "strawberryfields" in absent else _series(eta, cutoffs, pure_cutoffs):
        circuit = lossy_edge(profile, squeezing, weight, at)
        if cutoff in (cutoffs[:1] if at == eta else pure_cutoffs[:1]):
            fields_moments(circuit, 3)  # imports and compiles the back end, so that times are of the runs alone
        start = perf_counter()
        (found,) = fields_moments(circuit, cutoff)
        kind = "mixed" if at < 1.0 else "pure"
        moment = found.mean, found.variance
        add("strawberryfields", f"{kind} Fock cutoff {cutoff}", moment, eta=at, cutoff=cutoff, trace=found.trace)
    if progress is not None:
        progress(4 + len(cutoffs) + len(pure_cutoffs))
    exact = lossy_edge_variance(squeezing, weight, eta)
    return CrossCheck(squeezing, weight, eta, exact, tuple(rows), tuple(absent.values()))


def _series(eta: float, cutoffs: tuple[int, ...], pure_cutoffs: tuple[int, ...]) -> Iterator[tuple[float, int]]:
    yield from ((eta, cutoff) for cutoff in cutoffs)
    yield from ((1.0, cutoff) for cutoff in pure_cutoffs)
