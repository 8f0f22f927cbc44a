"""What tests of models, triple probes and examinations share: exact joint laws, players, and the command line here."""

import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from copy import copy
from io import StringIO
from itertools import combinations

import numpy as np
from absent_packages import skip_if_absent
from hsmt_support import Matrices
from scipy.stats import binomtest, chisquare

from qumode_khrnn.cli.main import main
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken
from qumode_khrnn.hsmt.models import Situation, find_model

SIGNIFICANT = 1e-4
"""A statistical test of a right model fails for one seed in 10^4."""


def player_of(name, modes, k, seed):
    """A model of this name (and number), as an examination makes it."""
    model, amount = find_model(name)
    return model.player(Situation("modular(2)", modes, k, amount), np.random.default_rng(seed))


def played(player, tokens):
    """Its answers; it answers reading tokens and no others."""
    found = [player.step(token) for token in tokens]
    assert [y is not None for y in found] == [isinstance(token, ReadToken) for token in tokens]
    return tuple(y for y in found if y is not None)


def written(modes, k, rng):
    """All hyperedges, with random weights."""
    return [EdgeToken(edge, int(rng.integers(2))) for edge in combinations(range(modes), k)]


def laws_along(state, tokens, answers):
    """Laws of a simulator of the ideal network, token by token; the answers must be possible."""
    out, given = [], iter(answers)
    for token in tokens:
        if isinstance(token, EdgeToken):
            state.edge(token.modes, token.weight)
        elif not isinstance(token, ReadToken):
            state.shift(token.mode, token.amount)
        elif token.quadrature == "x":
            out.append(state.position_probabilities(token.mode))
            state.found_position(token.mode, next(given))
        else:
            out.append(state.momentum_probabilities(token.mode))
            state.found_momentum(token.mode, next(given))
    return np.array(out).reshape(-1, 2)


def joint_law(tokens, modes):
    """The probability of every string of answers that is possible, from explicit matrices."""
    out = {}

    def go(state, at, string, chance):
        state = copy(state)
        for t, token in enumerate(tokens[at:], start=at):
            if isinstance(token, ReadToken):
                for y, p in enumerate(state.law(token)):
                    if p > 1e-9:
                        branch = copy(state)
                        branch.found(token, y)
                        go(branch, t + 1, (*string, y), chance * p)
                return
            state.gate(token)
        out[string] = chance

    go(Matrices(modes, 2), 0, (), 1.0)
    return out


def follows(strings, law):
    """Whether strings of answers were drawn from a joint law, by a chi-square test."""
    counts = Counter(strings)
    if not counts.keys() <= law.keys():
        return False
    total = sum(counts.values())
    found, expected = [counts[s] for s in law], [total * p for p in law.values()]
    assert min(expected) > 4.0  # else the statistic is not that of the test
    return len(law) == 1 or chisquare(found, np.array(expected) * total / sum(expected)).pvalue > SIGNIFICANT


def as_often(count, trials, rate):
    """Whether so many of the trials are what a rate lets expect."""
    return binomtest(count, trials, rate).pvalue > SIGNIFICANT


def call(*args):
    """The command line in this process, which keeps what was computed before: exit code, output, errors.

    The test is skipped if the command ends because an optional package is not installed.
    """
    out, err, before = StringIO(), StringIO(), sys.argv
    sys.argv = ["khrnn", *map(str, args)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        if end.code == 2:
            skip_if_absent(err.getvalue())
        return end.code or 0, out.getvalue(), err.getvalue()
    finally:
        sys.argv = before
    raise AssertionError("the command did not exit")
