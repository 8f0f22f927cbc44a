r"""The conventions of the whole project, stated once: hbar, vacuum variance, signs.

``[x, p] = i hbar`` with ``hbar = 2``, so that the vacuum has variance 1 in x and in p. Quadratures are ordered
``(x_0 .. x_{n-1}, p_0 .. p_{n-1})``. Gates are given by what they do to the quadratures in the Heisenberg picture, with
the signs of Strawberry Fields; every adapter converts at its edge.
"""

HBAR = 2.0
"""Value of hbar in ``[x, p] = i hbar``."""

VACUUM_VARIANCE = HBAR / 2.0
"""Variance of either quadrature in the vacuum."""


def transmission(loss_db: float) -> float:
    """Return the transmission ``eta = 10^{-loss_db/10}`` of a component with the given loss in decibels.

    >>> round(transmission(3.0), 4)
    0.5012
    """
    return float(10.0 ** (-loss_db / 10.0))
