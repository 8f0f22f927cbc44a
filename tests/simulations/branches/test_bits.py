"""Bits of displacements: reference values, each beside an independent computation in this file.

Position grids (`position_grid`) for circuits with gates between readouts; characteristic functions of grids, damped by
loss in closed form, for one 3-edge; Gaussian covariances for commuting readouts of a triangle.
"""

from itertools import product
from math import comb, exp, pi, sqrt

import numpy as np
import pytest
from position_grid import PositionGrid, characteristic_by_quadrature, gaussian
from random_programs import edge, squeezed

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from simulations.branches.run import probabilities, sample


def read(alpha, beta, name):
    return ops.DisplacementReadout(tuple(range(len(alpha))), tuple(alpha), tuple(beta), name)


# --- gates between readouts, without loss ----------------------------------------------------------------------------

CIRCUITS = {
    "two modes": (
        2,
        0.6,
        [
            ("edge", (0, 1), 0.7),
            ("read", (0.5, 0), (0, -0.3), 1),
            ("edge", (0, 1), -0.4),
            ("read", (0, 0.6), (0.2, 0), -1),
            ("read", (0.3, 0.3), (0, 0), 1),
        ],
        0.1255492586,
        (16, 256),
    ),
    "one 3-edge": (
        3,
        0.5,
        [
            ("edge", (0, 1, 2), 0.3989),
            ("read", (0.6, 0, 0), (0, 0, 0), 1),
            ("read", (0, 0.6, 0), (0, 0, 0.3), 1),
            ("read", (0, 0, 0.6), (0, 0, 0), -1),
        ],
        0.0820513373,
        (13, 104),
    ),
    "edges between readouts": (
        3,
        0.5,
        [
            ("edge", (0, 1, 2), 0.3),
            ("read", (0.6, 0, 0), (0, 0, 0), 1),
            ("edge", (0, 1, 2), -0.5),
            ("edge", (0, 1), 0.4),
            ("read", (0, 0.6, 0.2), (0.1, 0, 0.3), -1),
            ("edge", (1, 2), 0.3),
            ("read", (0, 0, 0.6), (0, 0.2, 0), 1),
        ],
        0.1496418556,
        (13, 104),
    ),
}
"""Modes, squeezing in p, steps, the probability of their bits, and reach and points of the grid."""


@pytest.mark.parametrize("name", CIRCUITS)
def test_gates_between_readouts(name):
    modes, r, steps, expected, (reach, points) = CIRCUITS[name]
    grid = PositionGrid([gaussian(exp(2 * r))] * modes, reach, points)
    operations, string = [*squeezed(modes, r)], []
    for step in steps:
        if step[0] == "edge":
            grid.phase(*step[1:])
            operations.append(edge(*step[1], weight=step[2]))
        else:
            grid = grid.read(*step[1:])
            operations.append(read(*step[1:3], f"b{len(string)}"))
            string.append(step[3])
    found = probabilities(Circuit(modes, tuple(operations)))[tuple(string)]
    assert found == pytest.approx(grid.norm, abs=1e-9)
    assert found == pytest.approx(expected, abs=6e-11)


# --- one 3-edge with loss: three bits of exp(i a p_i) ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("w", "r", "eta", "a", "expected"),
    [
        (0.3, 1.0, 1.0, 0.6, (0.55267207, 0.10234938, 0.03587411, 0.03265746)),
        (0.3, 1.0, 0.95, 0.6, (0.55546230, 0.10253117, 0.03520874, 0.03131798)),
        (0.6, 0.8, 0.9, 0.5, (0.52738145, 0.10637431, 0.03915621, 0.03602697)),
    ],
)
def test_three_bits_of_a_three_edge(w, r, eta, a, expected):
    lossy = [ops.Loss((m,), eta) for m in range(3)]
    bits = [ops.DisplacementReadout((m,), (a,), (0.0,), f"b{m}") for m in range(3)]
    found = probabilities(Circuit(3, (*squeezed(3, r), edge(0, 1, 2, weight=w), *lossy, *bits)))
    # the displacements commute: prod_i (2 + s_i D_i + s_i D_i^+) / 4, and loss damps and shrinks displacements
    variance = exp(2 * r)

    def wave(x, y, z):
        return (2 * pi * variance) ** -0.75 * np.exp(-(x * x + y * y + z * z) / (4 * variance) + 0.5j * w * x * y * z)

    value = {}
    for k in product((-1, 0, 1), repeat=3):
        size = tuple(sorted(map(abs, k)))  # all modes are alike; conjugation with x_0 -> -x_0 turns p_1 and p_2 around
        if size not in value:
            shift = sqrt(eta) * a * np.array(size)
            value[size] = characteristic_by_quadrature(wave, shift, (0, 0, 0), 9 * exp(r), 100)
            value[size] *= exp(-(1 - eta) * a * a * sum(size) / 2)
    for minus, probability in enumerate(expected):
        signs = (1,) * (3 - minus) + (-1,) * minus
        oracle = 0.0
        for k in product((-1, 0, 1), repeat=3):
            factor = np.prod([0.5 if j == 0 else 0.25 * s for j, s in zip(k, signs, strict=True)])
            oracle += factor * value[tuple(sorted(map(abs, k)))].real
        assert oracle == pytest.approx(probability, abs=6e-9)
        for order in {(0, 1, 2), (2, 0, 1), (1, 2, 0)}:
            assert found[tuple(signs[i] for i in order)] == pytest.approx(probability, abs=6e-9)


# --- the triangle: Gaussian covariances ------------------------------------------------------------------------------


def triangle(w, r, eta):
    """Preparation, edges and loss, and the three contexts B_i as vectors (alpha, beta)."""
    a = sqrt(pi / (2 * w))
    body = (*squeezed(3, r), *(edge(*pair, weight=w) for pair in ((0, 1), (0, 2), (1, 2))))
    contexts = [
        (tuple(a if j == i else 0.0 for j in range(3)), tuple(0.0 if j == i else -a * w for j in range(3)))
        for i in range(3)
    ]
    return (*body, *(ops.Loss((m,), eta) for m in range(3))), contexts


def triangle_covariance(w, r, eta):
    """Covariance of (x, p): var x = e^{2r}, p = p' + w (sum of the other x), loss."""
    map_ = np.eye(6)
    map_[3:, :3] = w * (np.ones((3, 3)) - np.eye(3))
    squeezed_ = np.diag([exp(2 * r)] * 3 + [exp(-2 * r)] * 3)
    return eta * map_ @ squeezed_ @ map_.T + (1 - eta) * np.eye(6)


def commuting_law(contexts, covariance, counts, plus):
    """P of ``counts[i]`` readouts of commuting D_i, ``plus[i]`` of them +1, from powers of displacements.

    ``K_+^+ K_+ = (2 + D + D^-1) / 4``, and ``D_1^k D_2^l D_3^m = sign D(k v_1 + l v_2 + m v_3)``, the sign by the
    symplectic form: ``D(v) D(w) = e^{-i (v,w)} D(v + w)`` with ``(v, w) = alpha_v.beta_w - beta_v.alpha_w``.
    """
    vectors = [np.concatenate([beta, alpha]) for alpha, beta in contexts]

    def form(v, w):
        return v[3:] @ w[:3] - v[:3] @ w[3:]

    polynomials = []
    for n, k in zip(counts, plus, strict=True):
        p = np.ones(1)
        for sign in [1] * k + [-1] * (n - k):
            p = np.convolve(p, [sign / 4, 0.5, sign / 4])
        polynomials.append(p)
    total = 0.0
    for index in product(*(range(2 * n + 1) for n in counts)):
        powers = [i - n for i, n in zip(index, counts, strict=True)]
        v = sum(k * u for k, u in zip(powers, vectors, strict=True))
        phase = sum(powers[i] * powers[j] * form(vectors[i], vectors[j]) for i in range(3) for j in range(i + 1, 3))
        factor = np.prod([p[i] for p, i in zip(polynomials, index, strict=True)])
        total += factor * np.cos(phase) * exp(-v @ covariance @ v / 2)
    return total


def test_the_oracle_of_commuting_readouts_is_a_law():
    _, contexts = triangle(1.0, 1.0, 0.95)
    covariance = triangle_covariance(1.0, 1.0, 0.95)
    total = sum(
        comb(2, i) * comb(1, j) * comb(1, k) * commuting_law(contexts, covariance, (2, 1, 1), (i, j, k))
        for i in range(3)
        for j in range(2)
        for k in range(2)
    )
    assert total == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("eta", "expected"),
    [(1.0, (0.856241, 0.045463, 0.002414, 0.000128)), (0.95, (0.734570, 0.079075, 0.009027, 0.001125))],
)
def test_the_three_contexts_one_after_the_other(eta, expected):
    body, contexts = triangle(1.0, 1.0, eta)
    bits = [read(*context, f"B{i}") for i, context in enumerate(contexts)]
    found = probabilities(Circuit(3, (*body, *bits)))
    covariance = triangle_covariance(1.0, 1.0, eta)
    for string, probability in found.items():
        minus = string.count(-1)
        oracle = commuting_law(contexts, covariance, (1, 1, 1), tuple(int(s == 1) for s in string))
        assert probability == pytest.approx(oracle, abs=1e-12)
        assert probability == pytest.approx(expected[minus], abs=6e-7)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("string", "expected"),
    [
        ("++++++", 0.5721689285),
        ("+-++-+", 0.0168785353),
        ("+++---", 0.0004204956),
        ("+" * 12, 0.3853308410),
        ("++-" * 4, 0.0022272221),
    ],
)
def test_repeated_contexts(string, expected):
    body, contexts = triangle(1.0, 1.0, 0.95)
    bits = [read(*contexts[i % 3], f"b{i}") for i in range(len(string))]
    found = probabilities(Circuit(3, (*body, *bits)))
    plus = tuple(string[i::3].count("+") for i in range(3))
    oracle = commuting_law(contexts, triangle_covariance(1.0, 1.0, 0.95), (len(string) // 3,) * 3, plus)
    assert found[tuple(1 if s == "+" else -1 for s in string)] == pytest.approx(expected, abs=6e-11)
    assert oracle == pytest.approx(expected, abs=6e-11)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("w", "r", "eta", "b", "a", "s"),
    [
        (1.0, 1.0, 1.0, 0.899162, -0.726966, 3.424451),
        (1.0, 1.0, 0.95, 0.803493, -0.409843, 2.820321),
        (1.0, 1.5, 0.95, 0.856452, -0.496341, 3.065697),
        (1.0, 0.5, 1.0, 0.749063, -0.420296, 2.667486),
        (2.0, 0.5, 1.0, 0.865484, -0.648303, 3.244756),
        (1.0, 1.0, 0.9, 0.718002, -0.231058, 2.385065),
    ],
)
def test_contexts_of_the_triangle(w, r, eta, b, a, s):
    body, contexts = triangle(w, r, eta)
    size = sqrt(pi / (2 * w))
    product_of_a = (
        (size,) * 3,
        (-2 * size * w,) * 3,
    )  # the operator product of its six displacements is minus this one
    values = []
    for context in (*contexts, product_of_a):
        found = probabilities(Circuit(3, (*body, read(*context, "bit"))))
        values.append(found[(1,)] - found[(-1,)])
        v = np.concatenate([context[1], context[0]])
        assert values[-1] == pytest.approx(exp(-v @ triangle_covariance(w, r, eta) @ v / 2), abs=1e-12)
    assert values[:3] == pytest.approx([b] * 3, abs=6e-7)
    assert -values[3] == pytest.approx(a, abs=6e-7)
    assert sum(values) == pytest.approx(s, abs=1.2e-6)


def test_samples_have_the_exact_law():
    """Chi-square over 64 strings of 20,000 shots: 63 degrees of freedom, a p-value below 1e-4 in 1e-4 of all seeds."""
    from scipy.stats import chisquare

    body, contexts = triangle(1.0, 1.0, 0.9)
    circuit = Circuit(3, (*body, *(read(*contexts[i % 3], f"b{i}") for i in range(6))))
    exact = probabilities(circuit)
    shots = 20_000
    drawn = sample(circuit, shots, np.random.default_rng(4)).results
    strings, counts = np.unique(np.stack([drawn[n] for n in circuit.results]), axis=1, return_counts=True)
    seen = {tuple(map(int, string)): count for string, count in zip(strings.T, counts, strict=True)}
    rare = [string for string, p in exact.items() if p * shots < 5]
    likely = [string for string in exact if string not in rare]
    expected = [exact[string] * shots for string in likely]
    observed = [seen.get(string, 0) for string in likely]
    if rare:
        expected.append(shots - sum(expected))
        observed.append(shots - sum(observed))
    assert sum(observed) == shots
    scale = shots / sum(expected)
    assert chisquare(observed, [scale * one for one in expected]).pvalue > 1e-4
