r"""Loss-aware cells: weights and readout gains rescaled by what is known of the losses so far.

Let a mode lose light between the time an edge is written and the time it is undone, x -> y = sqrt(eta) x + vacuum. The
operator that is best undone in place of x_a x_b (in the least squares of the answer p_j) is not eta y_a y_b but

``sqrt(eta_j) rho_a rho_b y_a y_b``, ``rho = E[x y] / E[y^2] = sqrt(eta) V / (eta V + 1 - eta)``, ``V = E[x^2]``,

because a strongly squeezed mode (V large) shows its old position almost without noise, ``rho -> 1 / sqrt(eta)``; only
near the vacuum (V = 1) is it ``sqrt(eta)``. Different edges of a star are uncorrelated, so each is best undone by
itself. With the transmission T since the start and V as it is now, ``rho = h(now) / h(then)`` for ``h = sqrt(T) / V``:
the factors of writing and of undoing are independent, and every edge, whenever it comes, is compiled with its weight
times

``prod_{i in e} sqrt(T_i) (V0_i / V_i)^{(k-1)/k}``,

V0 being the second moment without loss. That needs a few numbers a mode, whatever was written, and is the optimum for
each reader j when all modes of an edge have lost alike. A momentum readout is divided by the largest factor that an
edge of the mode can have had so far: with strong squeezing factors grow, and answers come back to nominal weights; no
noise is ever amplified. So where all modes lose alike and positions are centred, the error of a matched probe is never
raised: each edge's part is the least that a factor can reach, times at most 1. Else it can be: where modes lose
unequally, as the factor is a compromise between the readers of an edge (it was doubled at worst in random trials), and
a little with shifts larger than the spread of positions, as these correlate the edges of a star.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, sqrt

import numpy as np

from compiler.conventions import VACUUM_VARIANCE
from compiler.operations import Loss, Operation, ThermalLoss
from qumode_khrnn.cell import Network, Readout, UnitCell
from qumode_khrnn.hypergraph import Hyperedge


class LossTracker:
    """What a loss-aware network knows of its n modes: transmissions and second moments of positions.

    Parameters
    ----------
    network : Network
    order : int
        Modes per hyperedge, k.

    Examples
    --------
    Near the vacuum the factor is that of the edge's leading part, ``eta^{k/2}``:

    >>> tracker = LossTracker(Network(3, 0.0, 1.0), 3)
    >>> for mode in range(3):
    ...     tracker.lose(mode, 0.9, 1.0)
    >>> round(tracker.factor((0, 1, 2)) / 0.9**1.5, 12)
    1.0
    """

    def __init__(self, network: Network, order: int) -> None:
        self.order = order
        self.ancilla_variance = VACUUM_VARIANCE * exp(2.0 * network.squeezing_ancilla)
        self.transmission = np.ones(network.modes)
        self.lossless = np.full(network.modes, VACUUM_VARIANCE * exp(2.0 * network.squeezing_latent))
        self.moment = self.lossless.copy()
        self.mean = np.zeros(network.modes)  # of positions as they are, and without loss
        self.lossless_mean = np.zeros(network.modes)
        self.peak = np.ones(network.modes)

    def lose(self, mode: int, eta: float, environment: float) -> None:
        """Loss of a mode into an environment of the given variance."""
        self.transmission[mode] *= eta
        self.moment[mode] = eta * self.moment[mode] + (1.0 - eta) * environment
        self.mean[mode] *= sqrt(eta)

    def follow(self, cell: UnitCell, native: Iterable[Operation]) -> None:
        """Take note of a cell: its shifts and readout, and the losses among its native operations."""
        for shift in cell.shifts:
            self._shift(shift.mode, shift.amount)
        if cell.readout is not None and cell.readout.quadrature == "p":  # the ancilla's position is added
            self._widen(cell.readout.mode, self.ancilla_variance)
        for op in native:
            if isinstance(op, Loss | ThermalLoss) and op.modes[0] < len(self.moment):
                quanta = op.nbar if isinstance(op, ThermalLoss) else 0.0
                self.lose(op.modes[0], op.eta, (2.0 * quanta + 1.0) * VACUUM_VARIANCE)
        self.peak = np.maximum(self.peak, self._each())

    def _shift(self, mode: int, amount: float) -> None:
        self.moment[mode] += (2.0 * self.mean[mode] + amount) * amount  # E[(x + s)^2] - E[x^2]
        self.lossless[mode] += (2.0 * self.lossless_mean[mode] + amount) * amount
        self.mean[mode] += amount
        self.lossless_mean[mode] += amount

    def _widen(self, mode: int, variance: float) -> None:
        self.moment[mode] += variance
        self.lossless[mode] += variance

    def _each(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        share = (self.order - 1) / self.order
        return np.asarray(np.sqrt(self.transmission) * (self.lossless / self.moment) ** share)

    def factor(self, modes: tuple[int, ...]) -> float:
        """What the weight of an edge on these modes is multiplied by."""
        return float(np.prod(self._each()[list(modes)]))

    def gain(self, readout: Readout) -> float:
        """What the answer of a readout is multiplied by; positions are left as they are."""
        if readout.quadrature == "x":
            return 1.0
        others = np.delete(self.peak, readout.mode)
        typical = float(np.exp(np.mean(np.log(others)))) if len(others) else 1.0
        return 1.0 / (float(self.peak[readout.mode]) * typical ** (self.order - 1))

    def rescaled(self, cell: UnitCell) -> UnitCell:
        """The cell with the weights of its edges rescaled."""
        edges = tuple(Hyperedge(e.modes, e.weight * self.factor(e.modes)) for e in cell.edges)
        return UnitCell(edges, cell.shifts, cell.readout)
