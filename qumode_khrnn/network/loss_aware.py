r"""Make cells loss-aware: rescale weights and readout gains by the losses so far, as the profile states them.

Let a mode lose light between the time an edge is written and the time it is undone, x -> y = sqrt(eta) x + vacuum. In
place of x_a x_b, the operator to undo with the least mean square of the answer p_j is not eta y_a y_b but

``sqrt(eta_j) rho_a rho_b y_a y_b``, ``rho = E[x y] / E[y^2] = sqrt(eta) V / (eta V + 1 - eta)``, ``V = E[x^2]``,

because a strongly squeezed mode (V large) shows its old position almost without noise, ``rho -> 1 / sqrt(eta)``; only
near the vacuum (V = 1) is it ``sqrt(eta)``. Different edges of a star are uncorrelated, so each is best undone
separately. With the transmission T since the start and V as it is now, ``rho = h(now) / h(then)`` for ``h = sqrt(T) /
V``: the factors of writing and of undoing are independent. An edge that is written now, to be undone or read by mode j,
is best written with its weight times

``F_j = sqrt(T_j) prod_{i in e, i != j} sqrt(T_i) V0_i / V_i``,

where V0 is the second moment without loss. The mode that will be read is not known yet: the factor is the F_j nearest
to 1, or 1 if some F_j lie below 1 and others above. This needs a few numbers per mode, and is the optimum when all
modes of an edge have lost the same share. A momentum readout is divided by the largest factor of an edge of the mode,
if that is above 1: factors grow with strong squeezing, and answers return to nominal weights; no noise is amplified.
If positions are centred and all modes have equal losses, the error of a matched probe is therefore never raised. With
unequal losses it was not raised in the random trials of the tests. With shifts larger than the spread of positions,
which correlate the edges of a star, it can be raised by a few percent.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, sqrt

import numpy as np

from compiler.costs.logical_loss import loss_per_mode
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE, transmission
from compiler.ir.operations import Operation
from qumode_khrnn.network.cell import BitReadout, Network, Readout, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge


class LossTracker:
    """The knowledge of a loss-aware network about its n modes: transmissions and second moments of positions.

    Parameters
    ----------
    network : Network

    Examples
    --------
    Near the vacuum the factor is that of the edge's leading part, ``eta^{k/2}``:

    >>> tracker = LossTracker(Network(3, 0.0, 1.0))
    >>> for mode in range(3):
    ...     tracker.apply_loss(mode, 0.9, 1.0)
    >>> round(tracker.factor((0, 1, 2)) / 0.9**1.5, 12)
    1.0
    """

    def __init__(self, network: Network) -> None:
        self.ancilla_variance = VACUUM_VARIANCE * exp(2.0 * network.squeezing_ancilla)
        self.transmission = np.ones(network.modes)
        self.lossless = np.full(network.modes, VACUUM_VARIANCE * exp(2.0 * network.squeezing_latent))
        self.moment = self.lossless.copy()
        self.mean = np.zeros(network.modes)  # mean positions, with and without loss
        self.lossless_mean = np.zeros(network.modes)
        self.peak = np.ones(network.modes)

    def apply_loss(self, mode: int, eta: float, environment: float) -> None:
        """Apply the loss of a mode into an environment of the given variance."""
        self.transmission[mode] *= eta
        self.moment[mode] = eta * self.moment[mode] + (1.0 - eta) * environment
        self.mean[mode] *= sqrt(eta)

    def follow(self, cell: UnitCell, native: Iterable[Operation]) -> None:
        """Record a cell as the token asks for it (edges, shifts, readout) and its logical losses.

        ``native`` are the cell's operations with losses in place. While a wire holds a superposition of modes, each of
        them bears its share of a loss there (`compiler.costs.logical_loss`).
        """
        for edge in cell.edges:
            for mode in edge.modes:
                self.peak[mode] = max(self.peak[mode], self.factor(edge.modes))
        for shift in cell.shifts:
            self._shift(shift.mode, shift.amount)
        if isinstance(cell.readout, Readout) and cell.readout.quadrature == "p":  # the ancilla's position is added
            self._widen(cell.readout.mode, self.ancilla_variance)
        operations, count = tuple(native), len(self.moment)
        wires = max((m + 1 for op in operations for m in op.modes), default=0)
        lost = loss_per_mode(Circuit(max(wires, count), operations, tuple(range(count, wires))))
        for mode, loss_db, quanta in zip(lost.modes, lost.logical_db, lost.environment_quanta, strict=True):
            if loss_db > 0.0:
                self.apply_loss(mode, transmission(loss_db), (2.0 * quanta + 1.0) * VACUUM_VARIANCE)

    def _shift(self, mode: int, amount: float) -> None:
        self.moment[mode] += (2.0 * self.mean[mode] + amount) * amount  # E[(x + s)^2] - E[x^2]
        self.lossless[mode] += (2.0 * self.lossless_mean[mode] + amount) * amount
        self.mean[mode] += amount
        self.lossless_mean[mode] += amount

    def _widen(self, mode: int, variance: float) -> None:
        self.moment[mode] += variance
        self.lossless[mode] += variance

    def factor(self, modes: tuple[int, ...]) -> float:
        """Return the factor for the weight of an edge on these modes: the F_j nearest to 1."""
        at = list(modes)
        shrunk = self.lossless[at] / self.moment[at]
        by_reader = float(np.prod(np.sqrt(self.transmission[at]) * shrunk)) / shrunk
        return float(np.clip(1.0, by_reader.min(), by_reader.max()))

    def gain(self, readout: Readout | BitReadout) -> float:
        """Return the factor for the answer of a readout; it is 1 for positions and bits."""
        if isinstance(readout, BitReadout) or readout.quadrature == "x":
            return 1.0
        return float(1.0 / self.peak[readout.mode])

    def rescaled(self, cell: UnitCell) -> UnitCell:
        """Return the cell with the weights of its edges rescaled."""
        edges = tuple(Hyperedge(e.modes, e.weight * self.factor(e.modes)) for e in cell.edges)
        return UnitCell(edges, cell.shifts, cell.readout)
