"""Exact laws of bits of displacements: closed forms, a position grid, and two ways of computing them."""

from itertools import combinations, product
from math import exp, pi

import numpy as np
import pytest

from compiler.errors import InputError
from qumode_khrnn.hsmt.displacement import DisplacementToken, step, triangle_contexts
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken
from qumode_khrnn.ideal.displacement_branches import DisplacementBranches
from qumode_khrnn.ideal.displacement_chain import MOST_TERMS, DisplacementChain
from qumode_khrnn.ideal.displacement_frame import DisplacementFrame, LeavesDisplacementsError
from qumode_khrnn.ideal.displacement_loss import lossy_bits, lossy_circuit
from qumode_khrnn.ideal.displacement_reference import answer_bits, displacement_reference
from qumode_khrnn.network.cell import Network
from simulations.branches.run import probabilities

read = DisplacementToken.of
BOTH = (DisplacementFrame, DisplacementBranches)
TRIANGLE = [EdgeToken(pair, 1.0) for pair in combinations(range(3), 2)]
CONTEXTS = triangle_contexts((0, 1, 2), 1.0)


def probability(tokens, state, answers):
    """Probability of all answers, multiplied out of conditional laws."""
    laws = answer_bits(tokens, state, np.random.default_rng(0), answers)[1]
    return float(np.prod([law.probability(y) for law, y in zip(laws, answers, strict=True)]))


class Grid:
    """Two modes as a wave function on a grid of positions; displacements by Fourier transform."""

    def __init__(self, r, half_width=18.0, points=288):
        self.x = (np.arange(points) - points // 2) * (2.0 * half_width / points)
        self.k = 2.0 * pi * np.fft.fftfreq(points, self.x[1] - self.x[0])
        one = np.exp(-(self.x**2) * exp(-2.0 * r) / 4.0)
        self.psi = np.multiply.outer(one, one).astype(complex)
        self.psi /= np.linalg.norm(self.psi)

    def shifted(self, psi, amounts):
        """``psi(x + amounts)``."""
        turn = np.multiply.outer(*(np.exp(1j * self.k * amount) for amount in amounts))
        return np.fft.ifft2(np.fft.fft2(psi) * turn)

    def probability(self, tokens, answers):
        given = iter(answers)
        for token in tokens:
            match token:
                case EdgeToken((_,), weight):
                    self.psi = self.psi * np.exp(0.5j * weight * self.x)[self.along(token.modes[0])]
                case EdgeToken(_, weight):
                    self.psi = self.psi * np.exp(0.5j * weight * np.multiply.outer(self.x, self.x))
                case ShiftToken(mode, amount):
                    self.psi = self.shifted(self.psi, [-amount * (m == mode) for m in (0, 1)])
                case DisplacementToken(modes, (alpha,), (beta,)):
                    a, b = np.zeros(2), np.zeros(2)
                    a[list(modes)], b[list(modes)] = alpha, beta
                    kick = np.multiply.outer(np.exp(1j * b[0] * self.x), np.exp(1j * b[1] * self.x))
                    moved = np.exp(1j * a @ b) * kick * self.shifted(self.psi, 2.0 * a)
                    self.psi = 0.5 * (self.psi + next(given) * moved)
        return float(np.linalg.norm(self.psi) ** 2)

    @staticmethod
    def along(mode):
        return (slice(None), None) if mode == 0 else (None, slice(None))


@pytest.mark.parametrize("state", BOTH)
def test_contexts_of_a_triangle_read_one_after_the_other(state):
    # design page 08: w = r = 1
    expected = {3: 0.856241, 1: 0.045463, -1: 0.002414, -3: 0.000128}
    for string in product((1, -1), repeat=3):
        found = probability([*TRIANGLE, *CONTEXTS[:3]], state(Network(3, 1.0, 1.0)), string)
        assert found == pytest.approx(expected[sum(string)], abs=6e-7)


@pytest.mark.parametrize("state", BOTH)
@pytest.mark.parametrize(("w", "r"), [(1.0, 1.0), (0.5, 0.3), (2.0, 0.5)])
def test_the_means_of_the_contexts(state, w, r):
    # <B> = exp(-(pi / 4w) e^{-2r}), <A> = -exp(-(3 pi / 4w) e^{-2r})
    tokens = [EdgeToken(pair, w) for pair in combinations(range(3), 2)]
    u = pi / (4.0 * w) * exp(-2.0 * r)
    for token, mean in zip(triangle_contexts((0, 1, 2), w), (*[exp(-u)] * 3, -exp(-3.0 * u)), strict=True):
        plus = probability([*tokens, token], state(Network(3, r, 1.0)), (1,))
        assert plus == pytest.approx(0.5 * (1.0 + mean), abs=1e-12)


@pytest.mark.parametrize("state", BOTH)
@pytest.mark.parametrize("first", [1, -1])
def test_a_product_of_displacements_that_is_minus_one_read_twice(state, first):
    # U = -D: <U> after a bit s of U is (m + s (1 + <U^2>) / 2) / (1 + s m), with m = -e^{-3u} and <U^2> = e^{-12u}
    u = pi / 4.0 * exp(-2.0)
    mean = -exp(-3.0 * u)
    expected = (mean + 0.5 * first * (1.0 + exp(-12.0 * u))) / (1.0 + first * mean)
    tokens = [*TRIANGLE, CONTEXTS[3], CONTEXTS[3]]
    laws = answer_bits(tokens, state(Network(3, 1.0, 1.0)), np.random.default_rng(0), (first, 1))[1]
    assert [law.mean for law in laws] == pytest.approx([mean, expected], abs=1e-12)


CASES = [  # design page 08, checked on grids of two and three modes to ten digits
    (
        Network(2, 0.6, 1.0),
        (1, -1, 1),
        0.1255492586,
        [
            EdgeToken((0, 1), 0.7),
            read((0, 1), (0.5, 0.0), (0.0, -0.3)),
            EdgeToken((0, 1), -0.4),
            read((0, 1), (0.0, 0.6), (0.2, 0.0)),
            read((0, 1), (0.3, 0.3), (0.0, 0.0)),
        ],
    ),
    (
        Network(3, 0.5, 1.0),
        (1, 1, -1),
        0.0820513373,
        [
            EdgeToken((0, 1, 2), 0.3989),
            read((0,), (0.6,), (0.0,)),
            read((1, 2), (0.6, 0.0), (0.0, 0.3)),
            read((2,), (0.6,), (0.0,)),
        ],
    ),
    (
        Network(3, 0.5, 1.0),
        (1, -1, 1),
        0.1496418556,
        [
            EdgeToken((0, 1, 2), 0.3),
            read((0,), (0.6,), (0.0,)),
            EdgeToken((0, 1, 2), -0.5),
            EdgeToken((0, 1), 0.4),
            read((0, 1, 2), (0.0, 0.6, 0.2), (0.1, 0.0, 0.3)),
            EdgeToken((1, 2), 0.3),
            read((1, 2), (0.0, 0.6), (0.2, 0.0)),
        ],
    ),
]


@pytest.mark.parametrize(("network", "answers", "expected", "tokens"), CASES)
def test_known_sentences(network, answers, expected, tokens):
    laws = displacement_reference(tokens, network, np.random.default_rng(0), answers)[1]
    found = np.prod([law.probability(y) for law, y in zip(laws, answers, strict=True)])
    assert found == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_a_sentence_of_two_modes_on_a_grid(seed):
    rng = np.random.default_rng(seed)
    tokens = []
    for _ in range(5):
        tokens += [
            EdgeToken((0, 1), float(rng.uniform(-0.8, 0.8))),
            EdgeToken((int(rng.integers(2)),), float(rng.uniform(-0.8, 0.8))),
            ShiftToken(int(rng.integers(2)), float(rng.uniform(-0.8, 0.8))),
            read((0, 1), tuple(rng.uniform(-0.7, 0.7, 2)), tuple(rng.uniform(-0.7, 0.7, 2))),
        ]
    answers = rng.choice([1, -1], 5).tolist()
    expected = Grid(0.4).probability(tokens, answers)
    for state in BOTH:  # the error of the grid is below 1e-9
        assert probability(tokens, state(Network(2, 0.4, 1.0)), answers) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_both_ways_agree_on_repeated_readouts(seed):
    # repeated displacements share an axis, and their opposites too, whatever phase a shift gives them
    rng = np.random.default_rng(seed)
    known = [(tuple(rng.normal(size=3)), tuple(rng.normal(size=3))) for _ in range(3)]
    tokens = []
    for i in rng.integers(3, size=7).tolist():
        alpha, beta = known[i]
        turn = rng.choice([1.0, -1.0])
        tokens += [
            read((0, 1, 2), tuple(turn * v for v in alpha), tuple(turn * v for v in beta)),
            EdgeToken((0, 2), 0.3),
            EdgeToken((0, 2), -0.3),
            ShiftToken(int(rng.integers(3)), 0.4),
        ]
    frame, branches = (state(Network(3, 0.2, 1.0)) for state in BOTH)
    answers, laws = answer_bits(tokens, frame, rng)
    others = answer_bits(tokens, branches, rng, answers)[1]
    assert len(frame.chain.axes) <= 3
    for law, other in zip(laws, others, strict=True):
        assert law.mean == pytest.approx(other.mean, abs=1e-12)


def test_twelve_readouts_of_three_contexts_fold():
    state = DisplacementFrame(Network(3, 1.0, 1.0))
    probability([*TRIANGLE, *CONTEXTS[:3] * 4], state, (1,) * 12)
    sizes = [sum(one.axis == axis for one in state.chain.readouts) for axis in range(len(state.chain.axes))]
    assert sizes == [4, 4, 4]  # 9^3 terms instead of 3^12


def test_matched_probes_under_a_3_edge_elsewhere_stay_displacements():
    a = step(1.0)
    tokens = [
        EdgeToken((0, 1, 2), 0.4),
        EdgeToken((1, 2, 3), 0.3),
        EdgeToken((0, 1, 2), -0.4),
        read((0,), (a,), (0.0,)),
    ]
    for state in BOTH:
        mean = 2.0 * probability(tokens, state(Network(4, 0.7, 1.0)), (1,)) - 1.0
        assert mean == pytest.approx(exp(-0.5 * a * a * exp(-1.4)), abs=1e-12)
    with pytest.raises(LeavesDisplacementsError, match="mode 3"):
        probability([*tokens, read((3,), (a,), (0.0,))], DisplacementFrame(Network(4, 0.7, 1.0)), (1, 1))


def means_by_quadrature(variance, answers):
    """Means of repeated bits of ``e^{i phi}``, phi normal: sums of what is never negative, so that no digits cancel."""
    phi, weights = np.linspace(-12.0, 12.0, 20001) * np.sqrt(variance), np.ones(20001)
    weights = np.exp(-0.5 * phi**2 / variance)
    means = []
    for answer in answers:
        weights = weights / weights.sum()
        means.append(float(weights @ np.cos(phi)))
        weights = weights * (1.0 + answer * np.cos(phi))
    return means


@pytest.mark.parametrize("squeezing", [0.0, 1.0, 3.5])
@pytest.mark.parametrize(
    ("answers", "ends"),
    [((1,) * 6 + (-1,) * 9, True), ((1,) * 30 + (-1,) * 10, True), ((-1,) * 20, True), ((1, 1, -1) * 5, False)],
)
def test_laws_of_rare_answers_are_right_or_end(squeezing, answers, ends):
    # strongly squeezed, minus has the probability 4e-4, and is as good as impossible after some times
    token = read((0,), (step(1.0),), (0.0,))
    _, laws = displacement_reference(
        [token] * len(answers), Network(1, squeezing, 1.0), np.random.default_rng(0), answers
    )
    expected = means_by_quadrature(step(1.0) ** 2 * exp(-2.0 * squeezing), answers)
    assert [law.mean for law in laws] == pytest.approx(expected[: len(laws)], abs=1e-5)
    assert (len(laws) < len(answers)) == (ends and squeezing == 3.5)


def test_a_sampled_sentence_is_whole_even_if_its_answers_are_very_unlikely():
    class Unlucky:
        bit_generator = np.random.default_rng(0).bit_generator

        @staticmethod
        def random():
            return 1.0 - 1e-12

    answers, laws = displacement_reference([read((0,), (step(1.0),), (0.0,))] * 9, Network(1, 3.5, 1.0), Unlucky())
    assert answers[:5] == (-1,) * 5 and len(answers) == len(laws) == 9


def test_a_long_sentence_does_not_overflow():
    # twice the probability of each bit, multiplied for 1,100 bits, is beyond the range of floating-point numbers
    chain, v = DisplacementChain(np.ones(2)), np.array([0.5, 0.0])
    *earlier, last = means_by_quadrature(0.25, (1,) * 1100)
    for mean in earlier:
        chain.found(0.0, v, 1, mean)
    assert chain.mean(0.0, v) == pytest.approx(last, abs=1e-10)


def test_both_ways_agree_on_rare_answers():
    # the normalised state and the normalised coefficients round differently; all answers but the first are unlikely
    tokens = [*TRIANGLE, *CONTEXTS[:3], *CONTEXTS[:2]]
    laws = [
        answer_bits(tokens, state(Network(3, 1.0, 1.0)), np.random.default_rng(0), (1, -1, -1, 1, 1))[1]
        for state in BOTH
    ]
    assert len(laws[0]) == 5
    assert [law.mean for law in laws[0]] == pytest.approx([law.mean for law in laws[1]], abs=1e-10)


def test_too_many_terms_are_refused_before_they_are_summed():
    chain, rng = DisplacementChain(np.ones(4)), np.random.default_rng(0)
    for _ in range(15):
        chain.found(0.0, rng.normal(size=4), 1, 0.0)
    assert MOST_TERMS < 3**15
    with pytest.raises(InputError, match=r"at most .* terms, found 14,348,907"):
        chain.mean(0.0, np.ones(4))


def test_tokens_of_other_alphabets_are_refused():
    with pytest.raises(TypeError, match="ReadToken"):
        answer_bits([ReadToken("p", 0)], DisplacementFrame(Network(1, 1.0, 1.0)), np.random.default_rng(0))


def test_loss_before_the_readout():
    # <B> = 0.803493, <A> = -0.409843 at w = r = 1 and 5 % loss (design page 08); a mode that is not read loses nothing
    rng, network = np.random.default_rng(11), Network(4, 1.0, 1.0)
    for token, mean in ((CONTEXTS[0], 0.803493), (CONTEXTS[3], -0.409843)):
        exact = probabilities(lossy_circuit([*TRIANGLE, token], network, 0.05))
        assert token.sign * (exact[1,] - exact[-1,]) == pytest.approx(mean, abs=6e-7)
        found = [lossy_bits([*TRIANGLE, token], network, rng, 0.05)[0] for _ in range(150)]
        # 4.5 standard errors: fails for one seed in 10^5
        assert np.mean(found) == pytest.approx(mean, abs=4.5 * np.sqrt((1.0 - mean**2) / 150))
    with pytest.raises(InputError, match="at most 8 readouts per sentence, found 9"):
        lossy_bits([CONTEXTS[0]] * 9, network, rng, 0.05)
