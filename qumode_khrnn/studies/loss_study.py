r"""Study matched probes under loss in closed form, with and without loss-aware cells, and find the best squeezing.

A network writes a hypergraph, undoes the star of one mode and reads its momentum, and every mode loses a share of its
light after every cell. Without loss the answer is 0 with variance ``e^{-2 r} + e^{-2 r_a}``; the error is the mean of
the answer's square. More squeezing makes the nullifier narrower, but loss then misplaces the wider positions that
weights multiply: for a given loss there is a best squeezing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from compiler.ir.circuit import Circuit
from compiler.ir.operations import Loss, Operation, PrepareSqueezed
from compiler.ir.polynomial import Polynomial
from qumode_khrnn.network.cell import Network, Readout, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph, random_hypergraph
from qumode_khrnn.network.loss_aware import LossTracker
from simulations.exact.moments import moments


@dataclass(frozen=True, slots=True)
class LossStudy:
    """Errors of matched probes over a grid of loss and squeezing.

    Attributes
    ----------
    modes, edges, weight : of the hypergraphs: modes, edges, and largest weight
    graphs : int
        Number of random hypergraphs over which errors are averaged.
    losses : tuple of float
        Share of light that each mode loses in each cell.
    squeezings : tuple of float
        r of latent modes and ancilla.
    plain, aware : tuple of tuple of float
        Error by loss (rows) and squeezing (columns).
    best_plain, best_aware : tuple of (r, error)
        Best squeezing for each loss, between the least and the largest of ``squeezings``.
    """

    modes: int
    edges: int
    weight: float
    graphs: int
    losses: tuple[float, ...]
    squeezings: tuple[float, ...]
    plain: tuple[tuple[float, ...], ...]
    aware: tuple[tuple[float, ...], ...]
    best_plain: tuple[tuple[float, float], ...]
    best_aware: tuple[tuple[float, float], ...]

    def at(self, loss: float, squeezing: float) -> tuple[float, float]:
        """Return the errors without and with loss-aware cells at a point of the grid."""
        i, j = self.losses.index(loss), self.squeezings.index(squeezing)
        return self.plain[i][j], self.aware[i][j]

    @property
    def never_raised(self) -> bool:
        """Whether loss-aware cells raise the error nowhere on the grid."""
        return all(a <= p * (1.0 + 1e-12) for p, a in zip(sum(self.plain, ()), sum(self.aware, ()), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "never_raised": self.never_raised}


def matched_circuit(
    graph: Hypergraph, mode: int, network: Network, eta: float, aware: bool, scale: float = 1.0
) -> tuple[Circuit, dict[str, float]]:
    """Write a hypergraph, undo the star of a mode, read its momentum; each mode loses ``1 - eta`` after each cell.

    Returns the logical circuit with loss, whose last result is the answer, and the gain of the answer. ``scale``
    multiplies all weights.
    """
    cells = [UnitCell((edge,)) for edge in graph.edges]
    cells += [UnitCell((Hyperedge(edge.modes, -edge.weight),)) for edge in graph.star(mode)]
    cells.append(UnitCell((), (), Readout("p", mode)))
    tracker = LossTracker(network)
    loss = tuple(Loss((m,), eta) for m in range(network.modes))
    operations: list[Operation] = [PrepareSqueezed((m,), -network.squeezing_latent) for m in range(network.modes)]
    gains: dict[str, float] = {}
    for t, cell in enumerate(cells):
        if cell.readout is not None:
            gains[f"y{t}"] = tracker.gain(cell.readout) if aware else 1.0
        used = tracker.rescaled(cell) if aware else cell
        used = replace(used, edges=tuple(Hyperedge(e.modes, scale * e.weight) for e in used.edges))
        operations += used.operations(network.ancilla, network.squeezing_ancilla, f"y{t}")
        if cell.readout is None:
            operations += loss
        tracker.follow(cell, loss)
    return Circuit(network.modes + 1, tuple(operations), (network.ancilla,)), gains


def matched_error(
    graph: Hypergraph, mode: int, network: Network, eta: float, aware: bool, *, nominal: bool = False
) -> float:
    """Return the mean square of the answer of `matched_circuit`, in closed form.

    With ``nominal``, all weights are lowered until none exceeds the weight of its token, and the answer's gain is 1:
    this isolates the effect of loss-aware weights.

    >>> from math import exp
    >>> graph = Hypergraph(3, (Hyperedge((0, 1, 2), 0.3),))
    >>> round(matched_error(graph, 0, Network(3, 1.0, 1.0), 1.0, False) - 2 * exp(-2.0), 12) + 0.0
    0.0
    """
    circuit, gains = matched_circuit(graph, mode, network, eta, aware)
    ((name, gain),) = gains.items()
    if nominal:
        circuit, gain = matched_circuit(graph, mode, network, eta, aware, gain)[0], 1.0
    mean, variance = moments(circuit, {"answer": Polynomial.monomial((name,), gain)}).of("answer")
    return variance + mean**2


def loss_study(
    losses: tuple[float, ...],
    squeezings: tuple[float, ...],
    seed: int,
    *,
    modes: int = 4,
    weight: float = 0.5,
    graphs: int = 4,
) -> LossStudy:
    """Return errors over a grid, averaged over random dense 3-uniform hypergraphs, and the best squeezing by loss.

    Parameters
    ----------
    losses : tuple of float
        In [0, 1).
    squeezings : tuple of float
        Ascending.
    seed : int
    modes : int
    weight : float
        Weights are drawn from 0.1 to this, with random signs.
    graphs : int
    """
    made = [random_hypergraph(modes, 3, np.random.default_rng([seed, i]), None, (0.1, weight)) for i in range(graphs)]

    def error(loss: float, r: float, aware: bool) -> float:
        network = Network(modes, r, r)
        return float(np.mean([matched_error(graph, 0, network, 1.0 - loss, aware) for graph in made]))

    def best(loss: float, row: tuple[float, ...], aware: bool) -> tuple[float, float]:
        # there can be two minima: refine around the best point of the grid
        at = int(np.argmin(row))
        ends = squeezings[max(0, at - 1)], squeezings[min(len(squeezings) - 1, at + 1)]
        found = minimize_scalar(lambda r: error(loss, r, aware), bounds=ends, method="bounded", options={"xatol": 1e-3})
        return min((float(found.x), float(found.fun)), (squeezings[at], row[at]), key=lambda point: point[1])

    table = [[[error(loss, r, aware) for r in squeezings] for loss in losses] for aware in (False, True)]
    plain, aware = (tuple(tuple(row) for row in rows) for rows in table)
    return LossStudy(
        modes,
        len(made[0].edges),
        weight,
        graphs,
        losses,
        squeezings,
        plain,
        aware,
        tuple(best(loss, row, False) for loss, row in zip(losses, plain, strict=True)),
        tuple(best(loss, row, True) for loss, row in zip(losses, aware, strict=True)),
    )
