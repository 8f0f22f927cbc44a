"""The first probe of a sentence is what its kind says."""

import pytest
from hsmt_support import make, sentences_of

from qumode_khrnn.hsmt.language import ProbeKind
from simulations.laws.discrete import certain


@pytest.mark.parametrize(
    ("modes", "k", "levels"), [(4, 2, 2), (4, 3, 2), (5, 4, 2), (4, 2, 3), (4, 3, 3), (4, 2, 4), (3, 3, 5)]
)
def test_first_probes_are_what_they_say(modes, k, levels):
    even = levels % 2 == 0
    found = set()
    for sentence in sentences_of(make(modes, k, levels, 40, shift=0.3)):
        kind, law = sentence.kinds[-1], sentence.laws[-1]
        found.add(kind)
        if kind is ProbeKind.MATCHED:
            assert law == certain(0, levels)
        elif kind is ProbeKind.NEIGHBOUR:
            assert law.determined and law.probability(sentence.answers[-1]) == 1.0
        elif kind is ProbeKind.DECOY:
            assert not law.determined
        elif kind is ProbeKind.CONTEXTUAL:
            assert even or k >= 3
            assert sentence.laws[0].probabilities[0] < 1 - 1 / levels**3
    absent = {ProbeKind.CONTEXT} | ({ProbeKind.TRIPLE} if levels != 2 else set())
    assert found == set(ProbeKind) - absent - (set() if even or k >= 3 else {ProbeKind.CONTEXTUAL})
