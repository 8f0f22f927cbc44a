"""The network on qubits, gate by gate: exact without noise, and as noisy as the density matrix says.

Statistical tests fix their seeds; the first fail for one seed in 10^4 a sentence, the last for one in 15,000.
"""

from math import sqrt

import numpy as np
import pytest
from hsmt_support import random_token
from separation_support import follows, joint_law, played, player_of

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken
from qumode_khrnn.hsmt.models import find_model
from qumode_khrnn.qubits.aer import DepolarisingNoise
from qumode_khrnn.qubits.modular import matched_probe, violation_rates
from qumode_khrnn.qubits.player import DEFAULT_ERROR, QubitPlayer
from qumode_khrnn.separation.examination import Situation

EXACT = DepolarisingNoise(0.0, 0.0)


def strings(modes, tokens, count, noise=EXACT):
    return [played(QubitPlayer(modes, noise, np.random.default_rng([seed, modes])), tokens) for seed in range(count)]


def test_without_noise_answers_follow_the_exact_laws():
    momenta = [ReadToken("p", mode) for mode in range(3)]
    triangle = [EdgeToken((1, 0), 1), EdgeToken((0, 2), 1), EdgeToken((2, 1), 1), *momenta]
    three = [EdgeToken((2, 0, 1), 1), *momenta]
    shifted = [ShiftToken(0, 1), ReadToken("x", 0), ShiftToken(0, 1), ReadToken("x", 0), EdgeToken((0,), 1)]
    for tokens in (triangle, three, shifted):
        assert follows(strings(3, tokens, 150), joint_law(tokens, 3))


def test_readouts_leave_the_qubit_in_what_was_found():
    for quadrature, other in (("x", "p"), ("p", "x")):
        tokens = [EdgeToken((0, 1), 1), *[ReadToken(quadrature, 0)] * 3, ReadToken(other, 0), ReadToken(other, 0)]
        law = joint_law(tokens, 2)
        assert law.keys() == {(a, a, a, b, b) for a in (0, 1) for b in (0, 1)}
        assert follows(strings(2, tokens, 100), law)


def test_random_sentences_without_noise():
    modes = 3
    for seed in range(4):
        rng = np.random.default_rng([seed, modes, 2])
        tokens = [random_token(rng, modes, 2, modes, 0.5) for _ in range(8)]
        tokens += [ReadToken("p", 0), ReadToken("x", 1)]
        reads = [at for at, token in enumerate(tokens) if isinstance(token, ReadToken)]
        tokens = tokens[: reads[min(3, len(reads) - 1)] + 1]
        assert follows(strings(modes, tokens, 150), joint_law(tokens, modes))


def test_matched_probes_fail_as_often_as_the_density_matrix_says():
    tokens, shots = matched_probe(4, 3), 300
    noise = DepolarisingNoise(0.001, 0.01)
    (exact,) = violation_rates([noise])
    found = np.mean([answers == (1,) for answers in strings(4, tokens, shots, noise)])
    assert 0.1 < exact.rate < 0.3
    assert abs(found - exact.rate) < 4.0 * sqrt(exact.rate * (1.0 - exact.rate) / shots)
    assert strings(4, tokens, 5) == [(0,)] * 5


def test_errors_are_all_paulis_equally_often():
    # with 15/16 the qubits of a CNOT are left fully mixed, with 3/4 that of another gate: what was known is forgotten
    one, two = DepolarisingNoise(3 / 4, 0.0), DepolarisingNoise(0.0, 15 / 16)
    edge = [EdgeToken((0, 1), 1)] * 2
    positions = [ReadToken("x", 0), ReadToken("x", 1)]
    for tokens, reads, noise in (
        ([*edge, ReadToken("p", 0), ReadToken("p", 1)], 2, two),
        ([*positions, *edge, *positions], 4, two),
        ([ReadToken("p", 0), ReadToken("p", 0)], 2, one),
        ([ReadToken("x", 0), ShiftToken(0, 1), ReadToken("x", 0)], 2, one),
    ):
        uniform = {string: 0.5**reads for string in np.ndindex(*(2,) * reads)}
        assert follows(strings(2, tokens, 300, noise), uniform)


def test_the_number_of_the_model_is_the_error_of_a_cnot():
    for name, error in (("qubits:0.02", 0.02), ("qubits", DEFAULT_ERROR), ("qubits:0", 0.0)):
        player = player_of(name, 3, 2, 0)
        assert player.noise == DepolarisingNoise(error / 10.0, error)
    with pytest.raises(InputError, match="p2"):
        player_of("qubits:1.5", 3, 2, 0)
    model, _ = find_model("qubits")
    with pytest.raises(InputError, match="simulated up to n = 12"):
        model.player(Situation("modular(2)", 13, 2), np.random.default_rng(0))
