"""The loss of light that waits for feed-forward: a mode is kept in fibre until a result is available."""

from __future__ import annotations

from math import inf

from compiler.errors import InputError

SPEED_OF_LIGHT_M_PER_S = 299_792_458.0
"""Speed of light in vacuum, in m/s (exact)."""

FIBRE_GROUP_INDEX = 1.468
"""Group index of standard single-mode fibre at 1550 nm (data sheet of Corning SMF-28: 1.4682)."""


def fibre_loss_db_per_s(fibre_db_per_km: float, group_index: float = FIBRE_GROUP_INDEX) -> float:
    r"""Return the loss per second of light stored in fibre: ``alpha c / n``, for `noise.loss_db_per_s` of a profile.

    Parameters
    ----------
    fibre_db_per_km : float
        Attenuation alpha, in dB/km.
    group_index : float
        n, at least 1.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> round(fibre_loss_db_per_s(0.2))
    40844
    """
    if not 0.0 <= fibre_db_per_km < inf:
        raise InputError(f"the attenuation of a fibre must be a finite number of dB/km >= 0, found {fibre_db_per_km}")
    if not 1.0 <= group_index < inf:
        raise InputError(f"a group index must be a finite number >= 1, found {group_index}")
    return fibre_db_per_km * 1e-3 * SPEED_OF_LIGHT_M_PER_S / group_index


def waiting_loss_db(latency_s: float, fibre_db_per_km: float, group_index: float = FIBRE_GROUP_INDEX) -> float:
    r"""Return the loss of a mode that waits in fibre for ``latency_s``: ``alpha c latency / n``.

    `compiler.costs.noise.with_noise` places this loss on the waiting modes of a circuit, if the profile gives
    `fibre_loss_db_per_s` as ``noise.loss_db_per_s`` and the latency as ``noise.feed_forward_latency_s``.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> round(waiting_loss_db(100e-9, 0.2), 5)  # 20 m of fibre
    0.00408
    """
    if not 0.0 <= latency_s < inf:
        raise InputError(f"a latency must be a finite number of seconds >= 0, found {latency_s}")
    return fibre_loss_db_per_s(fibre_db_per_km, group_index) * latency_s
