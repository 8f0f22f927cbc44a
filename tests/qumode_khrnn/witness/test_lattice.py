"""The k = 3 inequality on lattice states, against sums on position and momentum grids."""

from itertools import product
from math import log, pi, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from compiler.errors import InputError
from compiler.ir.operations import PrepareGKP
from qumode_khrnn.witness.lattice import SPACING, lattice_packets, lattice_witness, least_squeezing
from simulations.branches.prepare import packets_of

TABLE = {  # r, envelope: PPP, QQQ, Pr[p != zz], I; computed elsewhere, twice
    (0.9, 0.9): (0.34195, 0.02542, 0.07794, -0.15110),
    (1.1, 1.1): (0.36305, 0.00250, 0.06218, -0.01251),
    (1.2, 1.2): (0.37081, 0.00052, 0.05779, 0.02355),
    (1.6, 1.6): (0.38878, 0.00000, 0.04908, 0.09427),
    (1.5, 1.0): (0.45301, 0.00905, 0.01787, 0.33672),
    (2.0, 1.0): (0.48802, 0.00905, 0.00416, 0.45400),
}


@pytest.mark.parametrize(("squeezing", "envelope"), sorted(TABLE))
def test_the_inequality_over_squeezing(squeezing, envelope):
    found = lattice_witness(lattice_packets(squeezing, envelope))
    values = (found.momenta, found.positions, found.wrong, found.value)
    assert values == pytest.approx(TABLE[squeezing, envelope], abs=8e-6)  # the digits of the table


@pytest.mark.parametrize(("squeezing", "value"), [(0.9, -0.1520), (1.1, -0.0105), (1.2, 0.0253)])
def test_states_of_strawberry_fields(squeezing, value):
    # GKP(epsilon) with tanh(epsilon) = e^{-2r} has peaks at k s / cosh(epsilon)
    state = PrepareGKP((0,), pi / 2, 0.0, float(np.arctanh(np.exp(-2.0 * squeezing))))
    assert lattice_witness(packets_of(state)).value == pytest.approx(value, abs=1e-4)


def wave(x, squeezing, envelope):
    """The wave function as it is defined, not normalised."""
    m = SPACING * np.arange(-30, 31)
    return np.exp(-((x[..., None] - m) ** 2) * np.exp(2 * squeezing) / 4) @ np.exp(-(m**2) * np.exp(-2 * envelope) / 4)


@pytest.mark.parametrize(("squeezing", "envelope", "loss"), [(0.9, 0.9, 0.0), (1.3, 0.8, 0.0), (1.3, 0.8, 0.05)])
def test_parity_of_three_momenta_on_a_position_grid(squeezing, envelope, loss):
    # every term of the parity's series shifts x by m s: a whole number of grid points
    per_spacing, reach = 12, 6
    x = SPACING / per_spacing * np.arange(-per_spacing * reach, per_spacing * reach)
    one = wave(x, squeezing, envelope)
    one /= sqrt((one**2).sum())
    psi = np.einsum("i,j,k->ijk", one, one, one) * np.exp(
        0.5j / SPACING * x[:, None, None] * x[None, :, None] * x[None, None, :]
    )
    noise = loss / (1.0 - loss)
    weights = {
        m: 4.0 / (pi * m) * (-1.0) ** ((m - 1) // 2) * np.exp(-0.5 * noise * (pi * m / SPACING) ** 2)
        for m in (1, 3, 5, 7)
    }
    total = 0.0
    for triple in product(weights, repeat=3):
        if max(triple) == 7 and sum(triple) > 9:  # below 1e-4, see the bound of the series
            continue
        a, b, c = (m * per_spacing for m in triple)
        mean = np.vdot(psi[:-a, :-b, :-c], psi[a:, b:, c:]).real
        total += weights[triple[0]] * weights[triple[1]] * weights[triple[2]] * mean
    found = lattice_witness(lattice_packets(squeezing, envelope), loss)
    assert found.momenta == pytest.approx(total, abs=3e-4)


@pytest.mark.parametrize(("squeezing", "envelope", "loss"), [(0.9, 0.9, 0.0), (1.2, 0.9, 0.0), (1.2, 0.9, 0.1)])
def test_momentum_against_two_positions_on_grids(squeezing, envelope, loss):
    # rounded outcomes counted bin by bin; the momentum's density by a fast Fourier transform
    noise = loss / (1.0 - loss)
    count, step = 1 << 15, SPACING / 128
    x = step * (np.arange(count) - count / 2 + 0.5)
    density = wave(x, squeezing, envelope) ** 2
    density /= density.sum()
    p = 2 * 2 * pi * np.fft.fftshift(np.fft.fftfreq(count, step))  # hbar = 2
    momentum = np.abs(np.fft.fftshift(np.fft.fft(wave(x, squeezing, envelope)))) ** 2
    momentum /= momentum.sum()
    borders = SPACING * (np.arange(-60, 60) - 0.5)
    signs = np.where(np.arange(-60, 60) % 2 == 0, 1.0, -1.0)

    def parity(q, variance):
        if variance == 0.0:
            return 1.0 - 2.0 * (np.round(q / SPACING) % 2)
        below = norm.cdf((np.append(borders, borders[-1] + SPACING) - q[:, None]) / sqrt(variance))
        return np.diff(below, axis=1) @ signs

    kept = np.abs(x) < 7 * SPACING
    bit, law = parity(x[kept], noise), density[kept]
    near = momentum > 1e-12
    shifts = np.linspace(-SPACING, SPACING, 4001)  # the mean parity of p + y is periodic in y, with period 2 s
    table = np.array([momentum[near] @ parity(p[near] + y, max(noise, 1e-6)) for y in shifts[::8]])
    y = np.mod(np.outer(x[kept], x[kept]) / SPACING + SPACING, 2 * SPACING) - SPACING
    both = 0.5 * (1.0 + bit[:, None] + bit - np.outer(bit, bit))
    agree = law @ (both * np.interp(y, shifts[::8], table)) @ law
    zeros = 0.5 * (1.0 + law @ bit)
    found = lattice_witness(lattice_packets(squeezing, envelope), loss)
    assert found.wrong == pytest.approx(0.5 * (1.0 - agree), abs=5e-4)  # steps of the grids
    assert found.positions == pytest.approx(
        zeros**3 + 3 * zeros**2 * (1 - zeros) - 3 * zeros * (1 - zeros) ** 2 - (1 - zeros) ** 3, abs=1e-5
    )


@pytest.mark.parametrize(("envelope", "decibels"), [(None, 9.82), (1.0, 9.15)])
def test_least_squeezing(envelope, decibels):
    assert 20.0 * least_squeezing(envelope) / log(10.0) == pytest.approx(decibels, abs=0.02)


def test_least_squeezing_where_no_squeezing_is_enough():
    assert least_squeezing(1.0, 0.5) is None


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ((0.1,), r"squeezing of a lattice state must lie in 0.3..2.5, found 0.1"),
        ((2.2,), r"envelope of a lattice state must lie in 0.3..2.0, found 2.2"),
        ((2.4,), r"found 2.4, that of the squeezing; give an envelope"),
        ((1.0, float("nan")), r"envelope of a lattice state must lie in 0.3..2.0, found nan"),
    ],
)
def test_states_out_of_range(numbers, found):
    with pytest.raises(InputError, match=found):
        lattice_packets(*numbers)


def test_loss_out_of_range():
    with pytest.raises(InputError, match=r"the loss must lie in \[0, 1\), found 1"):
        lattice_witness(lattice_packets(1.0), 1.0)
