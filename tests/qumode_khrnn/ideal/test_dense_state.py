"""State vectors agree with explicit matrices."""

import numpy as np
import pytest
from hsmt_support import by_matrices, random_token

from qumode_khrnn.hsmt.language import ReadToken
from qumode_khrnn.ideal.modular_reference import modular_reference


@pytest.mark.parametrize(("modes", "levels"), [(3, 2), (4, 2), (5, 2), (3, 3), (4, 3), (3, 4)])
def test_state_vectors_agree_with_explicit_matrices(modes, levels):
    for seed in range(6):
        rng = np.random.default_rng([seed, modes, levels])
        tokens = [random_token(rng, modes, levels, 3) for _ in range(25)] + [ReadToken("p", 0)]
        answers, expected = by_matrices(tokens, modes, levels, rng)
        found, laws = modular_reference(tokens, modes, levels, rng, answers)
        assert found == tuple(answers)
        for law, one in zip(laws, expected, strict=True):
            assert np.abs(np.array(law.probabilities) - one).max() < 1e-12  # 40 operations of 1e-16
