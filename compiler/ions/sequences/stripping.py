r"""From a polynomial to angles: complement it, then strip one pulse after another (generalised signal processing).

With equal areas theta and ``z = e^{2 i theta s}`` a sequence is ``e^{-i D theta s}`` times polynomials (P, Q) of
degree D in z with ``|P|^2 + |Q|^2 = 1`` on the unit circle. Rotations about any equatorial axis between signals
remove all restrictions of parity (D. Motlagh and N. Wiebe, PRX Quantum 5, 020368 (2024)): any P with ``|P| <= 1``
there will do.

Q comes from P by a spectral factorisation (Fejer-Riesz): ``log Q`` is the part with frequencies >= 0 of
``log(1 - |P|^2) / 2``, zero frequency halved, by FFT. The last rotation is then fixed by the leading coefficients,
which its inverse turns into the spin-up direction; undoing it and the last signal leaves polynomials of degree D - 1.
"""

from __future__ import annotations

import numpy as np

from compiler.ions.sequences.sequence import rotation
from compiler.typing import ComplexArray

POINTS = 8192
"""Points on the unit circle for the factorisation."""


def complement(p: ComplexArray) -> ComplexArray:
    """Return coefficients of a polynomial Q of the same degree with ``|P|^2 + |Q|^2 = 1`` on the unit circle.

    ``|P|`` must stay below 1; the closer it comes the less accurate Q is, so this gives starting points and no results.

    >>> q = complement(np.array([0.6, 0.0]))
    >>> bool(abs(abs(q[0]) - 0.8) < 1e-12)
    True
    """
    values = np.fft.ifft(p, POINTS) * POINTS  # P(e^{2 pi i m / POINTS})
    log = np.fft.fft(0.5 * np.log(1.0 - np.abs(values) ** 2)) / POINTS
    log[1 : POINTS // 2] *= 2.0
    log[POINTS // 2 :] = 0.0
    return np.asarray((np.fft.fft(np.exp(np.fft.ifft(log) * POINTS)) / POINTS)[: len(p)])


def strip(p: ComplexArray, q: ComplexArray) -> tuple[list[float], list[float], float]:
    """Return angles alpha_j, phi_j (first in time first) and the offset of the sequence with these polynomials.

    >>> alpha, phi, offset = strip(np.array([1.0 + 0j]), np.array([0j]))
    >>> alpha[0], offset
    (0.0, 0.0)
    """
    v = np.stack([p, q])
    degree = v.shape[1] - 1
    polar, azimuth = [0.0] * (degree + 1), [0.0] * (degree + 1)
    for j in range(degree, -1, -1):
        first, last = v[:, 0], v[:, -1]
        if np.linalg.norm(last) >= np.linalg.norm(first):
            up = last
        else:  # the leading coefficients are at rounding: the constant ones are the spin-down direction
            up = np.array([-first[1].conj(), first[0].conj()])
        polar[j] = float(2.0 * np.arctan2(abs(up[1]), abs(up[0])))
        azimuth[j] = float(np.angle(up[1]) - np.angle(up[0]) + 0.5 * np.pi)
        v = rotation(polar[j], azimuth[j]).conj().T @ v
        if j:
            v = np.stack([v[0, 1:], v[1, :-1]])  # undo diag(z, 1)
    return polar, azimuth, float(np.angle(v[0, 0]))
