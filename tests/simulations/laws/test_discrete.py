"""Laws modulo d: probabilities of what is in the alphabet, and of what is not."""

from math import inf, log

import pytest

from compiler.errors import InputError
from simulations.laws.discrete import DiscreteLaw, certain, uniform


def test_what_is_not_in_the_alphabet_has_no_probability():
    law = DiscreteLaw((0.5, 0.125, 0.375))
    assert [law.probability(y) for y in range(3)] == [0.5, 0.125, 0.375]
    assert [law.probability(y) for y in (-1, -3, 3, 0.5, 2.5)] == [0.0] * 5
    assert law.log_density(1) == law.log_density(1.0) == log(0.125)
    assert law.log_density(-1) == law.log_density(3) == certain(0, 3).log_density(1) == -inf


def test_one_answer_is_certain_if_all_others_have_less_than_the_tolerance():
    assert certain(2, 4) == DiscreteLaw((0.0, 0.0, 1.0, 0.0)) and certain(2, 4).determined
    assert DiscreteLaw((1.0 - 5e-10, 5e-10)).determined
    assert not DiscreteLaw((1.0 - 2e-9, 2e-9)).determined
    assert uniform(5).probabilities == (0.2,) * 5 and not uniform(2).determined


@pytest.mark.parametrize(
    "probabilities", [(), (1.0,), (0.5, 0.5 + 2e-9), (0.5, 0.4), (1.5, -0.5), (float("nan"), 1.0), (1.0, 1.0)]
)
def test_what_is_no_law_is_refused(probabilities):
    with pytest.raises(InputError, match="needs probabilities that sum to 1"):
        DiscreteLaw(probabilities)
