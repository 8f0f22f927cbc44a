"""One momentum from a wave function on a grid, against closed forms and a slow integral."""

import numpy as np
from scipy.special import airy
from scipy.stats import norm

from simulations.momenta.spectrum import draw_momenta


def positions(points, step):
    return step * (np.arange(points) - points // 2)


def test_a_packet_has_normal_momenta():
    """Variance v in x and a momentum k: p is normal with mean k and variance 1 / v (hbar = 2)."""
    x, v, k = positions(240, 0.11), 1.7, 3.1
    u = np.linspace(1e-4, 1 - 1e-4, 301)
    wave = np.tile(np.exp(-(x**2) / (4 * v) + 0.5j * k * x), (len(u), 1))
    p, lost = draw_momenta(wave, 0.11, u)
    assert np.abs(p - norm(k, v**-0.5).ppf(u)).max() < 1e-6
    assert np.abs(lost).max() < 1e-12


def test_a_cubic_phase_has_momenta_with_the_squared_airy_law():
    """``int e^{-x^2/(4v) + i g x^3/6 - i p x/2} dx`` is an exponential times Ai; its square is the density."""
    v, g, step = 2.0, 0.4, 0.06
    x = positions(600, step)
    wave = np.exp(-(x**2) / (4 * v) + 1j * g * x**3 / 6)[None]
    scale = (g / 2) ** (1 / 3)  # i g x^3 / 6 = i (scale x)^3 / 3
    b = 1 / (4 * v * scale**2)
    p = np.linspace(-40, 40, 400_001)
    amplitude = np.exp(-b * p / (2 * scale)) * airy(b**2 - p / (2 * scale))[0]
    cumulative = np.cumsum(amplitude**2)
    for share in (0.02, 0.3, 0.5, 0.8, 0.97):
        (found,), _ = draw_momenta(wave, step, np.array([share]))
        assert abs(found - np.interp(share, cumulative / cumulative[-1], p)) < 2e-3


def test_what_a_grid_does_not_hold_is_told():
    x = positions(64, 0.5)  # momenta up to 2 pi / 0.5 = 12.6
    _, lost = draw_momenta(np.exp(-(x**2) / 4 + 0.5j * 12.0 * x)[None], 0.5, np.array([0.5]))
    assert lost[0] > 0.5
