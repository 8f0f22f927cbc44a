"""Cross-examinations find what the theory says of each model, and count as it is said.

Statistical tests fix their seeds. Each bound on a rate fails for one seed in 10^4 (`SIGNIFICANT`). Where a model must
be caught, so many probes are asked that it is missed for less than one in 10^4. A right model is caught by chance once
in 16,000 for each statistic of each kind.
"""

from dataclasses import asdict, fields
from functools import cache
from itertools import product
from math import log, sqrt

import numpy as np
import pytest
from hsmt_support import Matrices
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from separation_support import as_often, call

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken
from qumode_khrnn.hsmt.models import Memory, Model, Situation, find_model
from qumode_khrnn.hsmt.score import mean_interval
from qumode_khrnn.hsmt.triples import refutations
from qumode_khrnn.ideal.modular_reference import modular_reference
from qumode_khrnn.rivals.phase_space import phase_space_laws
from qumode_khrnn.separation.cells import examine_part, parts_of, run_examination, summarised
from qumode_khrnn.separation.examination import Tally, cross_examine, kinds_of, situation

OLD_KINDS = {"matched", "decoy", "context", "neighbour", "contextual"}


def asked(name, modes, k, kind, probes, seed=1):
    """Tallies by the kind of answer, of a model's examination."""
    model, amount = find_model(name)
    found = cross_examine(model, situation(model, modes, k, amount), ProbeKind(kind), range(probes), seed)
    return {one.value: tally for one, tally in found.items()}


def triple(name, modes, k, probes, seed=1):
    (tally,) = asked(name, modes, k, "triple", probes, seed).values()
    assert tally.probes == probes
    return tally


# --- exact rates, from the trees and explicit matrices ---------------------------------------------------------------


def branches(tree, tokens=(), answers=()):
    """Every path of a tree: its tokens and answers."""
    if not isinstance(tree, list):
        yield tokens, answers
        return
    (quadrature, mode, partners), *rest = tree
    around = [EdgeToken(tuple(sorted((mode, j))), 1) for j in partners]
    for y in (0, 1):
        yield from branches(rest[y], (*tokens, *around, ReadToken(quadrature, mode), *around), (*answers, y))


def is_impossible(tokens, answers, modes):
    state, given = Matrices(modes, 2), iter(answers)
    for token in tokens:
        if not isinstance(token, ReadToken):
            state.gate(token)
            continue
        y = next(given)
        if state.law(token)[y] < 1e-9:
            return True
        state.found(token, y)
    return False


def answers_of_sampler(tokens, answers, modes):
    """The probability that a phase-space sampler gives these answers."""
    laws = phase_space_laws(tokens, answers, modes, 2)
    return float(np.prod([law.probability(y) for law, y in zip(laws, answers, strict=True)]))


MODELS = {
    "constant": lambda tokens, answers, modes: float(not any(answers)),
    "coin": lambda tokens, answers, modes: 0.5 ** len(answers),
    "phase-space-sampler": answers_of_sampler,
}


@cache
def exact_rate(name, modes):
    """How often a model violates a triple probe, over the drawn graphs, patterns and sizes (alike from four modes on).

    What the modes outside answer only turns answers on T around, for the model as for the truth.
    """
    rates = {3: [], 4: []}
    for one in refutations():
        rate = 0.0
        for (tokens, answers), graph in product(branches(one.tree), ((), one.a, one.b)):
            whole = [*(EdgeToken(edge, 1) for edge in graph), *tokens]
            if is_impossible(whole, answers, one.qubits):
                rate += MODELS[name](whole, answers, one.qubits) / 3
        rates[one.qubits].append(rate)
    return float(np.mean(rates[3])) if modes == 3 else float(np.mean([np.mean(rates[3]), np.mean(rates[4])]))


def test_exact_rates_in_closed_form():
    for name in ("constant", "coin"):
        assert exact_rate(name, 3) == pytest.approx(1 / 3) and exact_rate(name, 4) == pytest.approx(1 / 3)
    assert exact_rate("phase-space-sampler", 3) == pytest.approx(1 / 8)
    assert exact_rate("phase-space-sampler", 4) == pytest.approx(3 / 16)


@pytest.mark.parametrize(
    ("name", "modes", "k", "probes"),
    [
        *(("phase-space-sampler", *size) for size in ((3, 2, 300), (8, 2, 400), (16, 2, 150), (5, 3, 150))),
        *((name, *size) for name in ("constant", "coin") for size in ((8, 2, 300), (5, 3, 150))),
    ],
)
def test_models_without_the_weights_violate_triple_probes_as_often_as_they_must(name, modes, k, probes):
    tally = triple(name, modes, k, probes)
    assert as_often(tally.violations, probes, exact_rate(name, min(modes, 4)))
    assert "impossible answers" in tally.caught_by()


@pytest.mark.parametrize(("modes", "probes"), [(8, 400), (16, 120)])
def test_samplers_with_a_little_more_memory_violate_them_as_well(modes, probes):
    plain, patched = (triple(name, modes, 2, probes) for name in ("phase-space-sampler", "patched-sampler"))
    assert patched == plain  # no token of a triple probe is one that it knows
    # so many edges are there that it knows nothing of them; one graph in 70 at most it takes for one of two edges
    hashed = triple("hashed-sampler", modes, 2, probes)
    assert as_often(hashed.violations, probes, exact_rate("phase-space-sampler", 4))


@pytest.mark.parametrize(("modes", "k", "probes"), [(8, 2, 60), (6, 3, 40)])
def test_the_patched_sampler_violates_nothing_else(modes, k, probes):
    found = {}
    for kind in ("matched", "decoy", "neighbour", "contextual"):
        found |= asked("patched-sampler", modes, k, kind, probes)
    assert set(found) == OLD_KINDS
    for tally in found.values():
        assert tally.probes == probes and tally.violations == 0


def test_the_phase_space_sampler_fails_every_triangle_and_no_other_old_kind():
    for kind in ("matched", "decoy", "neighbour", "contextual"):
        for one, tally in asked("phase-space-sampler", 6, 2, kind, 40).items():
            assert tally.violations == (40 if one == "contextual" else 0)
    (tally,) = asked("phase-space-sampler", 4, 3, "contextual", 200).values()
    assert as_often(tally.violations, 200, 0.5)  # a triangle or one edge of three, whose strings are all possible


def test_models_that_know_enough_never_violate():
    for name in ("ideal", "pair"):
        tally = triple(name, 8, 2, 280)
        assert tally.answers >= 2000 and tally.violations == 0
        assert (tally.caught_by() == ()) == (name == "ideal")  # the pair model avoids ones


def test_the_tracker_violates_less_the_more_it_stores():
    none, some, every = (triple(f"tracker:{weights}", 8, 2, 250).violations for weights in (0, 20, 28))
    assert none > some > every == 0  # about 33 % and 15 %: 6 standard errors of their difference
    assert as_often(none, 250, 1 / 3)  # its answers to x are 0, and nothing tells it which graph it is


# --- three modes a hyperedge -----------------------------------------------------------------------------------------


def test_the_silent_model_never_violates_a_triple_probe_and_is_caught_by_its_ones():
    tally = triple("silent", 5, 3, 200)
    assert tally.violations == 0 and tally.caught_by() == ("share of ones",)
    found = asked("silent", 5, 3, "neighbour", 60)
    assert found["context"].ones == 0 and found["context"].caught_by() == ("share of ones",)
    assert found["neighbour"].caught_by() == ()
    # a decoy is 1 once in four times, and it says 0
    (decoy,) = asked("silent", 5, 3, "decoy", 60).values()
    assert decoy.mean_excess == pytest.approx(log(3) / 4) and decoy.caught_by() == ("likelihood",)


def test_the_taylor_sampler_is_caught_by_likelihood_where_unread_modes_meet_edges_of_three():
    (decoy,) = asked("taylor-sampler", 3, 3, "decoy", 1000).values()
    # P(i) after z_i z_j z_l is u_i u_j x_l + u_i u_l x_j + u_i x_j x_l: free unless both x are 0, so 1 in 3/8, not 1/4
    assert abs(decoy.mean_excess + log(3) / 8) < 3.9 * sqrt(15 / 64 / 1000) * log(3)
    (contextual,) = asked("taylor-sampler", 3, 3, "contextual", 1000).values()
    for tally in (decoy, contextual):
        assert tally.violations == 0 and tally.caught_by() == ("likelihood",)
    (contextual,) = asked("taylor-sampler", 5, 3, "contextual", 60).values()
    assert contextual.violations == 0
    rest = asked("taylor-sampler", 5, 3, "neighbour", 60) | asked("taylor-sampler", 5, 3, "matched", 60)
    for tally in (*rest.values(), triple("taylor-sampler", 5, 3, 150)):
        assert tally.caught_by() == ()


def test_the_ideal_network_is_caught_by_nothing():
    found = {}
    for kind in ("matched", "decoy", "neighbour", "contextual", "triple"):
        found |= asked("ideal", 5, 3, kind, 100, seed=2)
    assert set(found) == {*OLD_KINDS, "triple"}
    for tally in found.values():
        assert tally.probes == 100 and tally.violations == 0 and tally.caught_by() == ()


# --- how it counts ---------------------------------------------------------------------------------------------------

COUNTS = st.lists(st.lists(st.floats(-3, 3), min_size=1, max_size=5), min_size=2, max_size=30)


def tally_of(excesses):
    """One probe whose answers have these excesses."""
    total, count = sum(excesses), len(excesses)
    return Tally(1, count, 0, 0, 0, count, total, total**2, total * count, count**2)


@given(COUNTS)
def test_the_mean_excess_and_its_error_are_those_of_grouped_values(groups):
    whole = sum(map(tally_of, groups), Tally())
    values = np.array([value for group in groups for value in group])
    numbers = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    low, high = mean_interval(values, numbers)
    assert whole.mean_excess == pytest.approx(values.mean(), abs=1e-9)
    assert 1.959963984540054 * whole.excess_error == pytest.approx((high - low) / 2, abs=1e-6)
    assert whole.to_json()["excess_ci95"] == pytest.approx([low, high], abs=1e-6)


@given(st.lists(st.tuples(*[st.integers(0, 50)] * 10), min_size=1, max_size=6))
def test_sums_over_parts_are_the_whole(rows):
    whole = sum((Tally(*row) for row in rows), Tally())
    assert [getattr(whole, field.name) for field in fields(Tally)] == np.sum(rows, axis=0).tolist()
    assert Tally.of({**asdict(whole), "model": "other columns"}) == whole


@given(st.integers(1, 400), st.integers(0, 400))
def test_intervals_of_shares_are_wilsons(trials, hits):
    hits = min(hits, trials)
    found = Tally(trials, trials, hits, trials, hits).to_json()
    expected = binomtest(hits, trials).proportion_ci(method="wilson")
    for name in ("ci95", "ones_ci95"):
        assert found[name] == pytest.approx([expected.low, expected.high], abs=1e-12)


def test_nothing_is_said_of_nothing():
    empty = Tally()
    assert empty.mean_excess is empty.excess_error is None and empty.caught_by() == ()
    assert {empty.to_json()[name] for name in ("ci95", "excess", "excess_ci95", "ones", "ones_ci95")} == {None}
    assert tally_of([0.5]).excess_error is None


def test_a_model_is_caught_beyond_four_standard_errors():
    for free, ones, caught in ((400, 239, False), (400, 241, True), (400, 159, True), (24, 24, False), (25, 25, True)):
        assert ("share of ones" in Tally(400, 400, 0, free, ones).caught_by()) is caught
    probes = [tally_of([0.1 + v]) for v in (-1.0, 1.0)] * 800  # the error is 1 / sqrt(1599): 4 of them are 0.100
    assert sum(probes, Tally()).caught_by() == ()
    assert sum([tally_of([0.102 + v]) for v in (-1.0, 1.0)] * 800, Tally()).caught_by() == ("likelihood",)
    assert sum([tally_of([-0.102 + v]) for v in (-1.0, 1.0)] * 800, Tally()).caught_by() == ("likelihood",)
    assert sum([tally_of([1.0])] * 24, Tally()).caught_by() == ()
    assert Tally(1, 1, 1).caught_by() == ("impossible answers",)


class Recorder:
    """A coin that keeps what it heard and said."""

    def __init__(self, rng):
        self.rng, self.tokens, self.answers = rng, [], []

    def step(self, token):
        self.tokens.append(token)
        if isinstance(token, ReadToken):
            self.answers.append(int(self.rng.integers(2)))
            return self.answers[-1]
        return None


def model_of(player):
    return Model("odd", lambda at: Memory(0, "bits", 0.0, "nothing"), player=player)


@pytest.mark.parametrize(
    ("modes", "k", "kind"),
    [(4, 2, "triple"), (4, 2, "contextual"), (4, 3, "contextual"), (4, 3, "decoy"), (4, 4, "triple")],
)
def test_tallies_are_those_of_the_reference_laws(modes, k, kind):
    made = []

    def player(at, rng):
        made.append(Recorder(rng))
        return made[-1]

    at = Situation("modular(2)", modes, k)
    (tally,) = cross_examine(model_of(player), at, ProbeKind(kind), range(80), 4).values()
    violations = answers = 0
    free, groups = [], []
    for one in made:
        laws = modular_reference(one.tokens, modes, 2, np.random.default_rng(0), one.answers)[1]
        assert len(laws) == len(one.answers)
        chances = [law.probability(y) for y, law in zip(one.answers, laws, strict=True)]
        assert 0.0 not in chances[:-1]  # an impossible answer ends the probe
        violations += chances[-1] == 0.0
        answers += len(chances)
        free += [y for y, law in zip(one.answers, laws, strict=True) if law.probabilities == pytest.approx((0.5, 0.5))]
        groups.append(
            [
                log(p) - sum(q * log(q) for q in law.probabilities if q > 0.0)
                for p, law in zip(chances, laws, strict=True)
                if p > 0.0
            ]
        )
    assert (tally.probes, tally.answers, tally.violations) == (80, answers, violations)
    assert (tally.free, tally.ones, tally.uncertain) == (len(free), sum(free), sum(map(len, groups)))
    assert tally.mean_excess == pytest.approx(sum(map(sum, groups)) / tally.uncertain, abs=1e-9)
    numbers = np.repeat(np.arange(80), [len(group) for group in groups])
    low, high = mean_interval(np.array([value for group in groups for value in group]), numbers)
    assert tally.excess_error == pytest.approx((high - low) / 2 / 1.959963984540054, abs=1e-7)


def test_parts_are_parts_of_the_whole():
    part = {"model": "coin", "modes": 4, "k": 3, "kind": "neighbour"}
    whole = summarised(examine_part({**part, "start": 0, "stop": 60}, 5))
    cuts = ((0, 7), (7, 40), (40, 60))
    pieces = summarised([row for low, high in cuts for row in examine_part({**part, "start": low, "stop": high}, 5)])
    assert [row["kind"] for row in whole] == ["context", "neighbour"]
    for one, other in zip(whole, pieces, strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert other[name] == (pytest.approx(value, abs=1e-12) if name.startswith("excess") else value)
    assert whole != summarised(examine_part({**part, "start": 0, "stop": 60}, 6))
    assert [(part["start"], part["stop"]) for part in parts_of("coin", 4, 2, "decoy", 450)] == [
        (0, 200),
        (200, 400),
        (400, 450),
    ]


def test_kinds_are_asked_in_turn():
    every = ["matched", "decoy", "neighbour", "contextual", "triple"]
    assert [part["kind"] for part in parts_of("ideal", 4, 2, None, 10)] == every
    assert [kind.value for kind in kinds_of(Situation("modular(2)", 2, 2))] == every[:3]
    assert [part["kind"] for part in parts_of("compiled", 4, 3, None, 10)] == every[:3]


# --- the real alphabet -----------------------------------------------------------------------------------------------


def test_the_compiled_network_is_asked_over_the_real_alphabet():
    (row,) = run_examination(["compiled"], 3, 2, "matched", 20, 1)
    assert (row["alphabet"], row["probes"], row["answers"], row["free"]) == ("real", 20, 20, 20)
    assert row["memory_bits"] is None and 0.0 <= row["ones"] <= 1.0
    (lossless,) = run_examination(["compiled:0"], 3, 2, "matched", 40, 1)
    assert lossless["violations"] == 0 and lossless["caught_by"] == []


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, 2, -1, 0.5, "0"])
def test_answers_that_are_none_are_refused(answer):
    class Odd:
        def step(self, token):
            return answer if isinstance(token, ReadToken) else None

    model = model_of(lambda at, rng: Odd())
    with pytest.raises(InputError, match=rf"the model odd must answer 0 or 1 to ReadToken.*, found {answer!r}"):
        cross_examine(model, Situation("modular(2)", 4, 2), ProbeKind.MATCHED, range(1), 0)


@pytest.mark.parametrize(
    ("name", "modes", "k", "message"),
    [
        ("phase-space-samplr", 4, 2, "found 'phase-space-samplr'; did you mean 'phase-space-sampler'?"),
        ("nobody", 4, 2, "model must be one of constant, coin, silent, "),
        ("ideal", 3, 4, "modes must lie in 4..200, found 3"),
        ("ideal", 300, 2, "modes must lie in 2..200, found 300"),
        ("ideal", 4, 9, "k must lie in 2..8, found 9"),
        ("tracker:99", 4, 2, "must store a whole number of weights in 0..6 for n = 4 and k = 2, found 99"),
        ("tracker:1.5", 4, 2, "must store a whole number of weights in 0..6 for n = 4 and k = 2, found 1.5"),
        (
            "tracker:many",
            4,
            2,
            "the number of tracker:NUMBER must be the number of weights that it stores, found 'many'",
        ),
        ("coin:3", 4, 2, "the model coin takes no number, found 'coin:3'; write coin"),
        ("network:10", 4, 2, "cannot be examined: it does not answer token by token; use constant, coin, silent, "),
        ("qubit-registers", 4, 2, "cannot be examined: it does not answer token by token; use constant, coin, "),
        ("pair", 15, 3, "the model pair is simulated up to n = 14 for k = 3, found n = 15; use fewer modes"),
        ("qubits", 13, 2, "the model qubits is simulated up to n = 12 for k = 2, found n = 13; use fewer modes"),
        ("qubits:1", 3, 2, "p2 must lie in 0..0.9375, found 1"),
    ],
)
def test_models_that_cannot_be_asked_are_refused_in_one_line(name, modes, k, message):
    code, text, error = call("hsmt", "examine", "--model", name, "--modes", modes, "--k", k, "--probes", 5)
    assert (code, text) == (2, "") and message in error
    assert error.count("\n") == 1 and error.startswith("khrnn: ")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--kind", "context"], "kind must be one of matched, decoy, neighbour, contextual, triple for ideal"),
        (["--kind", "magic"], "found 'magic'"),
        (["--modes", 2, "--kind", "triple"], "kind must be one of matched, decoy, neighbour for ideal, n = 2"),
        (["--probes", 0], "probes must lie in 1..10^6, found 0"),
        (["--workers", 1, "--scheduler", "tcp://nowhere:1"], "either a scheduler or a number of local workers"),
        (
            ["--modes", 21, "--k", 3, "--kind", "decoy", "--probes", 8],
            "a state may have at most 1048576 amplitudes, found 2^21",
        ),
    ],
)
def test_examinations_that_cannot_be_held_are_refused_in_one_line(args, message):
    code, text, error = call("hsmt", "examine", "--model", "ideal", "--modes", 4, *args)
    assert (code, text) == (2, "") and message in error and error.count("\n") == 1
