r"""The machine: its lattice, its resource states, and the noise that follows from them.

Macronode k takes a mode from k - 1 (*from above*, its micronode b) and one from k - N (*from the left*, its micronode
d), and hands one down to k + 1 and one right to k + N. Its four homodyne angles decide what happens to them:

``U = B_up (V(theta_b, theta_a) + V(theta_d, theta_c)) B_down``, with a balanced beamsplitter B_down, its inverse B_up,
and in between, on each mode,

``V(s, t) = R((s + t)/2 - pi/2) S(cot((s - t)/2)) R((s + t)/2)``, where ``S(c): x -> x / c, p -> c p``,

and angles that measure ``x sin(theta) + p cos(theta)``. Exchanging theta_a and theta_b exchanges the two outputs.

Noise. A mode is teleported through half of a pair made on a balanced beamsplitter from a mode squeezed in p and one
squeezed in x, of variance ``e^{-2r}`` (vacuum: 1). The halves agree up to ``x_1 - x_2 = -sqrt(2) x_squeezed`` and
``p_1 + p_2 = sqrt(2) p_squeezed``. Once the measured values are fed forward, these two errors, each of variance
``2 e^{-2r}``, are what is added after V, whatever the angles; B_up leaves equal independent errors as they are. So
every macronode adds ``2 e^{-2r}`` to both quadratures of every mode that passes: 0.632 at 5 dB. Anti-squeezing cancels.
A mode that is started by measuring the other half of its pair has variances ``2 e^{-2r}`` (squeezed) and ``(e^{-2r} +
e^{2r'}) / 2``, with the anti-squeezing r'. A measurement reads a mode as it arrives and adds nothing.

Source: the documentation of the MQC3 software kit (theory and gates), which uses hbar = 1; variances here are in units
of the vacuum's, which does not depend on hbar.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite, log

from compiler.errors import CircuitError
from compiler.ir.conventions import VACUUM_VARIANCE


@dataclass(frozen=True, slots=True)
class QuadRail:
    """A quad-rail machine.

    Parameters
    ----------
    rows : int
        N, macronodes per step: macronode k is linked to k +- 1 and k +- N.
    squeezing_db, antisqueezing_db : float
        Squeezing and anti-squeezing of the resource states, below and above the vacuum's variance.
    feed_forward : (int, int or None)
        Least and largest distance in macronodes from a measurement to where its result is used; None: any.
    steps : int, optional
        Steps of N macronodes in one run; None: any number.

    Raises
    ------
    CircuitError
        If a number is out of its range, or the two squeezings together are below the uncertainty of a state.

    Examples
    --------
    >>> machine = QuadRail(101, 5.0, 10.0)
    >>> round(machine.added_variance, 3), [round(v, 3) for v in machine.initial_variances]
    (0.632, [0.632, 5.158])
    """

    rows: int
    squeezing_db: float
    antisqueezing_db: float
    feed_forward: tuple[int, int | None] = (1, None)
    steps: int | None = None

    def __post_init__(self) -> None:
        if self.rows < 2:
            raise CircuitError(f"the machine needs at least 2 macronodes per step, found {self.rows}")
        if not (isfinite(self.antisqueezing_db) and 0.0 <= self.squeezing_db <= self.antisqueezing_db):
            raise CircuitError(
                f"squeezing and anti-squeezing must be finite with 0 <= squeezing <= anti-squeezing, found "
                f"{self.squeezing_db} and {self.antisqueezing_db} dB"
            )
        least, most = self.feed_forward
        if least < 1 or (most is not None and most < least):
            raise CircuitError(f"feed-forward distances must be 1 <= least <= largest, found {self.feed_forward}")
        if self.steps is not None and self.steps < 1:
            raise CircuitError(f"the number of steps must be >= 1, found {self.steps}")

    @property
    def added_variance(self) -> float:
        """Variance that a macronode adds to either quadrature of a mode that passes, in units of the vacuum's."""
        return 2.0 * self._squeezed

    @property
    def initial_variances(self) -> tuple[float, float]:
        """Variances of a new mode along and across its squeezing, in units of the vacuum's."""
        return 2.0 * self._squeezed, (self._squeezed + 10.0 ** (self.antisqueezing_db / 10.0)) / 2.0

    @property
    def _squeezed(self) -> float:
        return float(10.0 ** (-self.squeezing_db / 10.0))

    def initial_state(self, wanted: float) -> tuple[float, float, float]:
        """Return a new mode as a squeezed vacuum with noise: r of `PrepareSqueezed`, and added variances of x and p.

        The squeezed vacuum has the wanted squeezing if added noise turns it into the machine's state; otherwise it is
        squeezed as far as the machine's state.

        >>> r, x, p = QuadRail(101, 5.0, 10.0).initial_state(-0.5)
        >>> r, round(x, 3), round(p, 3)
        (-0.5, 2.44, 0.265)
        """
        narrow, wide = self.initial_variances
        r = abs(wanted)
        if exp(-2.0 * r) > narrow or exp(2.0 * r) > wide:
            r = -0.5 * log(narrow)
        along = max(narrow - exp(-2.0 * r), 0.0) * VACUUM_VARIANCE
        across = max(wide - exp(2.0 * r), 0.0) * VACUUM_VARIANCE
        return (r, along, across) if wanted > 0.0 else (-r, across, along)
