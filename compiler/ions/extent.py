"""The interval on which a sequence must hold, the mass of the state outside it, and the error certified by both."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, exp, inf, sqrt

from compiler.errors import InputError


def state_distance(error: float, outside: float) -> float:
    r"""Return the certified distance of the final state and spin from the ideal ones: ``min(2, sqrt(e^2 + 4 d))``.

    Let U be the pulses and V the ideal phases, both diagonal in the positions x, with
    ``E(x) = (U(x) - V(x)) |0>`` on the spin. (Gates between the phases may map positions to positions; that changes the
    u_r alone.) Where every ``|u_r . x|`` is within its interval ``|E(x)| <= e``, the summed sup-norm errors. Elsewhere
    ``|E(x)| <= 2``, as U(x) and V(x) are unitary, and there the state has a mass of at most d. So

    ``||U psi - V psi||^2 = int |E(x)|^2 |psi(x)|^2 dx <= e^2 + 4 d``,

    which is at most ``(e + 2 sqrt d)^2``, what the triangle inequality gives. The probability of any outcome is then
    off by at most this distance. Nothing follows for means and variances of positions and momenta, which have no
    largest value. Losses, heating and dephasing are not in it.

    Parameters
    ----------
    error : float
        e.
    outside : float
        d; the sum of ``erfc(t / sqrt 2)`` over the directions, where intervals reach t deviations of a normal law.

    Raises
    ------
    InputError
        If one is negative or not a number.

    Examples
    --------
    >>> state_distance(0.3, 0.04)
    0.5
    """
    if not (error >= 0.0 and outside >= 0.0):
        raise InputError(f"an error and a mass must not be negative, found {error} and {outside}")
    return min(2.0, sqrt(error**2 + 4.0 * outside))


@dataclass(frozen=True, slots=True)
class Interval:
    """``|u . x| <= extent`` for every direction; the mass of the state outside is not known.

    Raises
    ------
    InputError
        If the extent is not positive and finite.
    """

    extent: float

    def __post_init__(self) -> None:
        if not 0.0 < self.extent < inf:
            raise InputError(f"the extent of the interval must be positive and finite, found {self.extent}")

    def along(self, modes: tuple[int, ...], vector: tuple[float, ...]) -> float:
        """Return the extent, whatever the direction."""
        return self.extent

    @property
    def tail(self) -> float | None:
        """Return None: the mass outside is not known."""
        return None


@dataclass(frozen=True, slots=True)
class GaussianExtent:
    r"""The interval of a state with independent normal positions.

    Along u the position ``u . x`` is normal with mean ``u . mu`` and variance ``sum u_j^2 v_j``; the interval reaches k
    deviations beyond the mean, ``X = |u . mu| + k sqrt(sum u_j^2 v_j)``, so at most ``erfc(k / sqrt 2)`` of the mass
    lies outside. Phase gates leave the law of x as it is, so it is the same before and after each gate.

    Parameters
    ----------
    variances : tuple of float
        v_j by mode.
    deviations : float
        k.
    means : tuple of float
        mu_j by mode; empty for zeros.

    Raises
    ------
    InputError
        If a variance or k is not positive, or the means do not fit.
    """

    variances: tuple[float, ...]
    deviations: float
    means: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.variances or any(not 0.0 < v < inf for v in self.variances):
            raise InputError(f"variances must be positive and finite, found {list(self.variances)}")
        if not 0.0 < self.deviations < inf:
            raise InputError(f"the number of deviations must be positive, found {self.deviations}")
        if self.means and len(self.means) != len(self.variances):
            raise InputError(f"there must be {len(self.variances)} means, one per mode, found {len(self.means)}")

    @classmethod
    def squeezed(cls, modes: int, r: float, deviations: float) -> GaussianExtent:
        """Return the extent of latent modes squeezed in p by r, whose variance in x is ``e^{2r}``.

        >>> round(GaussianExtent.squeezed(3, 0.5, 5.0).along((0, 1), (0.6, 0.8)), 4), f"{erfc(5 / sqrt(2)):.1e}"
        (8.2436, '5.7e-07')
        """
        return cls((exp(2.0 * r),) * modes, deviations)

    def law(self, modes: tuple[int, ...], vector: tuple[float, ...]) -> tuple[float, float]:
        """Return the mean and the standard deviation of ``u . x``.

        Raises
        ------
        InputError
            If a mode has no variance.
        """
        if max(modes) >= len(self.variances):
            raise InputError(
                f"mode {max(modes)} has no variance: the extent is given for modes 0..{len(self.variances) - 1}"
            )
        means = self.means or (0.0,) * len(self.variances)
        mean = sum(u * means[m] for m, u in zip(modes, vector, strict=True))
        variance = sum(u * u * self.variances[m] for m, u in zip(modes, vector, strict=True))
        return mean, sqrt(variance)

    def along(self, modes: tuple[int, ...], vector: tuple[float, ...]) -> float:
        """Return X for a direction; raises as `law`."""
        mean, deviation = self.law(modes, vector)
        return abs(mean) + self.deviations * deviation

    @property
    def tail(self) -> float | None:
        """Largest mass outside the interval, for one direction."""
        return erfc(self.deviations / sqrt(2.0))
