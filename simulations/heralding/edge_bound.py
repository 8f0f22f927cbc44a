r"""State the bound that one 3-edge must beat, and how far a machine is from it, in dB and in words.

The state of one 3-edge of weight w has the nullifiers ``g_0 = p_0 - w x_1 x_2``, ``g_1`` and ``g_2`` alike. Over all
Gaussian states, and all mixtures of them, the mean of their three variances is at least (hbar = 2, vacuum variance 1)

``T(w) = (3/2) (2 w^2)^{1/3}``.

Below it no Gaussian state can stand for the edge. Proof: a displacement of x by a changes ``g_0`` by ``-w (a_1 x_2 +
a_2 x_1)`` and a number, which is a shear of all momenta alike, a Gaussian gate; so the means may be taken as zero. Then
third moments vanish, and with ``s_i = var x_i``, ``sum var g_i = sum var p_i + w^2 sum_{i<j} (s_i s_j + cov_ij^2)``,
which is at least ``sum 1/s_i + w^2 sum_{i<j} s_i s_j`` as ``var x var p >= 1``. That is symmetric and convex in the
``log s_i``, so it is least at ``s_i^3 = 1 / (2 w^2)``. The variance of a mixture is at least the mean of the variances.

A machine's program reaches ``V = A + B v``: v is the variance of ``p - gamma x^2`` in the resource states of its
teleported cubic gates, B what it is multiplied by (4/3 without loss), and A all else. It lacks ``10 log10(V / T)`` dB,
by which all its noise would have to fall. The number belongs to the program: another way to do the same edge with the
same parts may lack less. The best squeezed vacuum in the place of a cubic state has ``v = (3/2) (2 gamma)^{2/3}``. With
A = 0 the noise of cubic states must still be ``10 log10(B v / T)`` below it: 1.00 dB, for every weight.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp, inf, log, log10
from typing import Any, Literal

from compiler.errors import InputError
from hardware_profiles.quantity import Mark
from simulations.heralding.noise import GAUSSIAN_NOISE


def gaussian_bound(weight: float) -> float:
    """Return ``T(w)``, the least mean variance of the three nullifiers over all Gaussian states (see the module).

    Raises
    ------
    InputError
        If the weight is 0 or not finite.

    Examples
    --------
    >>> round(gaussian_bound(0.3), 4)
    0.8469
    """
    if not 0.0 < abs(weight) < inf:
        raise InputError(f"the weight of a 3-edge must be finite and not 0, found {weight}")
    return float(1.5 * (2.0 * weight**2) ** (1.0 / 3.0))


def squeezed_vacuum_noise(gamma: float) -> float:
    """Return the least variance of ``p - gamma x^2`` in a squeezed vacuum: ``(3/2) (2 gamma)^{2/3}``.

    >>> round(squeezed_vacuum_noise(0.5), 6)
    1.5
    """
    return float(GAUSSIAN_NOISE * abs(gamma) ** (2.0 / 3.0))


def squeezed_vacuum_r(gamma: float) -> float:
    """Return the squeezing parameter of that squeezed vacuum: ``e^{6r} = 1 / (4 gamma^2)``.

    >>> from math import exp, isclose
    >>> r = squeezed_vacuum_r(0.2)
    >>> isclose(exp(-2 * r) + 2 * 0.2**2 * exp(4 * r), squeezed_vacuum_noise(0.2))
    True
    """
    return -log(4.0 * gamma**2) / 6.0


def _db(ratio: float) -> float:
    return 10.0 * log10(ratio)


def _squeezing_text(r: float) -> str:
    return f"r = {r:.3g} ({_db(exp(2.0 * r)):.3g} dB)"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeGap:
    """The variance that a machine reaches for one 3-edge, and what it lacks; the vacuum has variance 1.

    Attributes
    ----------
    weight : float
    squeezing : float
        r of the latent modes, the best that the profile allows.
    squeezed : float
        Least variance of the squeezed quadrature of a mode that the machine prepares and reads.
    loss_db : float
        Loss of such a mode, as the profile states it for preparation and detector.
    rest : float
        A: mean variance of the nullifiers with resource states without noise.
    coupling : float
        B: factor of the noise of the resource states; 0 if cubic gates are native.
    gamma : float
        Mean magnitude of the strengths of the teleported cubic gates; 0 if there are none.
    resource : float
        v: variance of the nullifier of a resource state, ``(V - A) / B``; 0 if there are none.
    resource_r : float
        Squeezing r of the resource states: the best that the profile allows, or that of the squeezed vacuum.
    states : str
        ``"native"`` cubic gates, ``"own"`` resource states, or ``"missing"``: squeezed vacuum in their place.
    resource_mark : str
        Mark of the limit of that squeezing in the profile; empty if it makes no resource states.
    assumed : tuple of str
        Operations that the program uses and the machine lacks; they count as free of noise.
    unverified : tuple of str
        Numbers of the profile that entered and are recalled or from a secondary source.
    """

    weight: float
    squeezing: float
    squeezed: float
    loss_db: float
    rest: float
    coupling: float
    gamma: float
    resource: float
    resource_r: float
    states: Literal["native", "own", "missing"]
    resource_mark: str = ""
    assumed: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()

    @property
    def bound(self) -> float:
        """``T(w)``."""
        return gaussian_bound(self.weight)

    @property
    def variance(self) -> float:
        """``V = A + B v``."""
        return self.rest + self.coupling * self.resource

    @property
    def lacks_db(self) -> float:
        """``10 log10(V / T)``; negative values are dB to spare."""
        return _db(self.variance / self.bound)

    @property
    def rest_lacks_db(self) -> float:
        """``10 log10(A / T)``: what is lacking with perfect cubic states."""
        return _db(self.rest / self.bound)

    @property
    def squeezing_db(self) -> float:
        """Best squeezing, in dB, of a mode that the machine prepares and reads; 0 without squeezing."""
        return max(-_db(self.squeezed), 0.0)

    @property
    def needed_squeezing_db(self) -> float:
        """Squeezing that modes need as they are read, all else perfect: ``-10 log10 T``, or 0; A is at least theirs."""
        return max(-_db(self.bound), 0.0)

    @property
    def resource_db(self) -> float | None:
        """Noise of the machine's own cubic states, in dB below squeezed vacuum; None if it makes none."""
        return _db(squeezed_vacuum_noise(self.gamma) / self.resource) if self.states == "own" else None

    @property
    def needed_resource_db(self) -> float | None:
        """Noise that cubic states must have, in dB below squeezed vacuum, all else unchanged; None if nothing helps."""
        return self._needed(self.bound - self.rest)

    @property
    def least_resource_db(self) -> float | None:
        """Noise that cubic states must have with all else perfect, A = 0; None if no states are needed."""
        return self._needed(self.bound)

    def _needed(self, left: float) -> float | None:
        if not self.coupling or left <= 0.0:
            return None
        return _db(self.coupling * squeezed_vacuum_noise(self.gamma) / left)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        names = ("bound", "variance", "lacks_db", "rest_lacks_db", "squeezing_db", "needed_squeezing_db")
        derived = (*names, "resource_db", "needed_resource_db", "least_resource_db")
        return asdict(self) | {name: getattr(self, name) for name in derived}

    def lines(self) -> tuple[str, ...]:
        """Return the answer in words, one line each."""
        edge = f"a 3-edge of weight {abs(self.weight):g}"
        reached = f"mean variance {self.variance:.3g} (vacuum: 1), and no Gaussian state has less than {self.bound:.3g}"
        if self.lacks_db > 0.0:
            first = f"the machine lacks {self.lacks_db:.1f} dB for {edge}: the nullifiers would have {reached}"
            return (first, self._rest_line(), self._squeezing_line(), *self._resource_lines(), *self._doubts())
        best = _squeezing_text(self.squeezing)
        if self.states == "own":
            best += f" of the modes and {_squeezing_text(self.resource_r)} of the cubic states"
        first = f"the machine has {-self.lacks_db:.1f} dB to spare for {edge}: the nullifiers have {reached}"
        return (f"{first}; this takes the best squeezing, {best}", *self._resource_lines())

    def _rest_line(self) -> str:
        """Return a line about what is lacking with noiseless cubic states."""
        if self.rest_lacks_db > 0.0:
            return (
                f"perfect cubic states would still leave {self.rest_lacks_db:.1f} dB lacking (variance {self.rest:.3g})"
            )
        return f"perfect cubic states would be enough (variance {self.rest:.3g})"

    def _squeezing_line(self) -> str:
        """Return a line about the squeezing that the modes have and need."""
        after = f" after {self.loss_db:g} dB of loss" if self.loss_db else ""
        have = f"the squeezed modes have at most {self.squeezing_db:.2f} dB of squeezing{after}"
        if not self.needed_squeezing_db:
            return have
        return f"{have}; more than {self.needed_squeezing_db:.2f} dB are needed, even with everything else perfect"

    def _resource_lines(self) -> tuple[str, ...]:
        """Return lines about the noise that the cubic states must have and do have."""
        need, perfect = self.needed_resource_db, ""
        if need is None:
            need, perfect = self.least_resource_db, "even with everything else perfect, "
        if need is None:
            return ()
        must = f"{perfect}the noise of cubic states must be more than {need:.2f} dB below that of squeezed vacuum"
        if self.resource_db is None:
            return (f"the machine makes no cubic states, so squeezed vacuum stands in for them; {must}",)
        side = "below" if self.resource_db >= 0.0 else "above"
        told = "assumes" if self.resource_mark == Mark.ASSUMED.value else "states"
        source = f", which the profile {told}," if self.resource_mark else ""
        return (f"{must}; at {_squeezing_text(self.resource_r)}{source} it is {abs(self.resource_db):.1f} dB {side}",)

    def _doubts(self) -> tuple[str, ...]:
        """Return lines about assumptions and unverified numbers."""
        found = []
        if self.assumed:
            found.append(f"operations that the machine lacks, taken as free of noise: {', '.join(self.assumed)}")
        if self.unverified:
            found.append(f"unverified: {', '.join(self.unverified)}")
        return tuple(found)
