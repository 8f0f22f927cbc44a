"""Answers of sentences that were compiled before: the same as of sentences that are compiled on the way."""

from dataclasses import replace

import numpy as np
import pytest
from hsmt_support import sentences_of

from hardware_profiles import load_profile
from qumode_khrnn.answers import noisy_network
from qumode_khrnn.answers.noisy_network import compile_sentence, noisy_answers
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.spec import HsmtSpec

SPEC = HsmtSpec(3, 2, 4, probes=1, alphabet="real", seed=2)
DATA = Dataset(SPEC, sentences_of(SPEC))
PROFILE = load_profile("photonic-cubic")


def compiled(aware_scale=None):
    return [compile_sentence(s.tokens, SPEC.network, PROFILE, None, aware_scale) for s in DATA.sentences]


@pytest.mark.parametrize("aware", [False, True])
@pytest.mark.parametrize("scale", [0.0, 0.3, 3.0])
def test_answers_do_not_depend_on_who_compiled(monkeypatch, scale, aware):
    given = compiled(scale if aware else None)
    expected = noisy_answers(DATA, PROFILE, scale, 5, 3, aware=aware)
    monkeypatch.setattr(noisy_network, "compile_sentence", lambda *given: pytest.fail("compiled again"))
    seen = []
    found = noisy_answers(DATA, PROFILE, scale, 5, 3, seen.append, aware, given)
    assert found.answers == expected.answers and len(found.answers) == 12
    assert found.laws == expected.laws and found.dataset.sentences == expected.dataset.sentences
    assert found.largest_residual == expected.largest_residual
    assert seen == [1, 2, 3, 4]


def test_each_sentence_is_answered_by_its_own_circuit():
    """Gains of the given sentences scale the answers, one by one, and nothing else does."""
    given = compiled()
    scaled = [
        replace(one, gains={name: (index + 2.0) * gain for name, gain in one.gains.items()}, residual=0.1 * index)
        for index, one in enumerate(given)
    ]
    plain, changed = (noisy_answers(DATA, PROFILE, 1.0, 5, 2, compiled=c) for c in (given, scaled))
    ratios = [np.divide(b, a) for a, b in zip(plain.answers, changed.answers, strict=True)]
    assert [r[0] for r in ratios] == pytest.approx([2, 2, 3, 3, 4, 4, 5, 5])
    assert changed.largest_residual == pytest.approx(0.3)
