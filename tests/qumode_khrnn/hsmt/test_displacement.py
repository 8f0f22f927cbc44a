"""Tokens that read displacements, the contexts of a triangle, and the alphabet made of them."""

import json
from itertools import combinations, product
from math import exp, pi

import numpy as np
import pytest
from hsmt_support import sentences_of

from compiler.errors import InputError
from compiler.ir.operations import DisplacementReadout
from qumode_khrnn.hsmt.alphabet import DISPLACEMENT, alphabet_of
from qumode_khrnn.hsmt.dataset import Dataset, dataset_header, read_dataset, write_dataset
from qumode_khrnn.hsmt.displacement import (
    CONTEXTS,
    NONCONTEXTUAL_BOUND,
    DisplacementToken,
    context_of,
    step,
    triangle_contexts,
)
from qumode_khrnn.hsmt.language import (
    EdgeToken,
    ProbeKind,
    ReadToken,
    ShiftToken,
    quadrature_token,
    sentence_circuit,
    token_from_json,
    token_to_json,
)
from qumode_khrnn.hsmt.spec import HsmtSpec, spec_from_json
from qumode_khrnn.hsmt.witness_score import WEIGHTS
from qumode_khrnn.network.cell import Network
from qumode_khrnn.witness.law import BOUND
from qumode_khrnn.witness.triangle import Triangle

LETTERS = alphabet_of(DISPLACEMENT)
B0, B1, B2, A = triangle_contexts((0, 1, 2), 1.0)


def make(modes=4, k=2, sentences=1, **changes):
    return HsmtSpec(modes, k, sentences, alphabet=DISPLACEMENT, **{"probes": 1, "seed": 1, **changes})


def levels_of_a_displacement(alpha, beta, levels=60):
    """exp(i (alpha p + beta x)) of one mode in Fock space, hbar = 2; right for the lowest levels."""
    a = np.diag(np.sqrt(np.arange(1.0, levels)), 1)
    values, vectors = np.linalg.eigh(alpha * (a - a.T) / 1j + beta * (a + a.T))
    return (vectors * np.exp(1j * values)) @ vectors.conj().T


@pytest.mark.parametrize("weight", [0.6, 1.0])
def test_signs_are_those_of_explicit_matrices(weight):
    # the product of all factors on the vacuum of three modes, against the displacement by their sum
    for token in triangle_contexts((0, 1, 2), weight):
        each, total = np.ones(3, complex), np.ones(3, complex)
        for mode in range(3):
            matrix = np.eye(60, dtype=complex)
            for alpha, beta in zip(token.alpha, token.beta, strict=True):
                matrix = matrix @ levels_of_a_displacement(alpha[mode], beta[mode])
            each[mode] = matrix[0, 0]
            total[mode] = levels_of_a_displacement(token.total[0][mode], token.total[1][mode])[0, 0]
        # Fock space of 60 levels is exact to 1e-9 for these displacements of the vacuum
        assert np.prod(each / total) == pytest.approx(token.sign, abs=1e-6)


def test_factors_commute_and_neighbouring_contexts_do_not_share_all():
    for token in (B0, B1, B2, A):
        for (a, b), (c, d) in combinations(zip(token.alpha, token.beta, strict=True), 2):
            angle = np.dot(a, d) - np.dot(b, c)
            assert abs(angle / pi - round(angle / pi)) < 1e-12
    p, x = (step(0.4), 0.0), (0.0, -step(0.4) * 0.4)
    assert p[0] * x[1] == pytest.approx(-pi / 2)  # exp(i a p) and exp(-i a w x) anticommute


def test_parallel_displacements_commute_and_multiply_without_a_sign():
    token = DisplacementToken((0,), ((0.3,), (0.6,)), ((0.2,), (0.4,)))
    assert token.sign == 1 and token.total == (pytest.approx((0.9,)), pytest.approx((0.6,)))


def test_contexts_have_names():
    assert [context_of(token, 1.0) for token in (B0, B1, B2, A)] == ["B0", "B1", "B2", "A"]
    single = DisplacementToken.of((0, 1, 2), *A.total)
    assert context_of(single, 1.0) is None and single.sign == 1
    assert context_of(DisplacementToken.of((0,), (1.0,), (0.0,)), 1.0) is None
    # the bound holds for the displacements of one weight: those of another weight are no context of it
    assert [context_of(token, 2.0) for token in (B0, B1, B2, A)] == [None] * 4


@pytest.mark.parametrize("weight", [0.01, 0.3, 1.0, 2.0, 77.0])
def test_contexts_are_those_of_the_witness(weight):
    contexts = Triangle(weight).contexts()
    for name, token, context in zip(CONTEXTS, triangle_contexts((0, 1, 2), weight), contexts, strict=True):
        assert (name, token.sign) == (context.name, context.sign)
        assert token.total[0] == pytest.approx(context.displacement.alpha, rel=1e-14)
        assert token.total[1] == pytest.approx(context.displacement.beta, rel=1e-14)
        assert WEIGHTS[name] == context.coefficient
    assert BOUND == NONCONTEXTUAL_BOUND == 8.0**0.5


@pytest.mark.parametrize("token", [B0, A, DisplacementToken.of((2, 0), (0.5, -0.1), (0.0, 0.25))])
def test_tokens_round_trip(token):
    text = json.dumps(token_to_json(token))
    assert token_from_json(json.loads(text), 3, 2, "t", LETTERS) == token


def test_one_displacement_is_written_flat():
    assert token_to_json(DisplacementToken.of((0, 1), (0.5, 0.0), (0.0, 0.2))) == ["D", [0, 1], [0.5, 0.0], [0.0, 0.2]]


@pytest.mark.parametrize(
    ("token", "alphabet", "message"),
    [
        (["D", [0], [0.5], [0.0]], "real", "t: the alphabet real has the tokens E, X, P, Q, found D"),
        (["D", [0], [0.5], [0.0]], "modular(2)", "has the tokens E, X, P, Q, found D"),
        (["P", 0], DISPLACEMENT, "t: the alphabet displacement has the tokens E, X, D, found P"),
        (["Q", 0], DISPLACEMENT, "found Q"),
        (["D", [4], [0.5], [0.0]], DISPLACEMENT, r"t: modes must lie in 0\.\.3, found \[4\]"),
        (["D", [0, 1, 2, 3], [0.5] * 4, [0.0] * 4], DISPLACEMENT, "1 to 3 different modes"),
        (["D", [0, 0], [0.5, 0.1], [0.0, 0.0]], DISPLACEMENT, "different modes"),
        (["D", [0], [0.5, 0.1], [0.0]], DISPLACEMENT, "t: D needs an alpha and a beta for each of its 1 modes"),
        (["D", [0], [], []], DISPLACEMENT, "t: D needs an alpha"),
        (["D", [0], [[0.5]], [[0.0], [0.1]]], DISPLACEMENT, "t: D needs an alpha"),
        (["D", [0], [[0.5], 0.1], [0.0, 0.1]], DISPLACEMENT, "t: D"),
        (["D", [0], ["0.5"], [0.0]], DISPLACEMENT, "t: D"),
        (["D", [0], [0.0], [0.0]], DISPLACEMENT, "must not multiply to a mere number"),
        (["D", [0], [1e308, 1e308], [0.0, 0.0]], DISPLACEMENT, "t: D needs an alpha"),
        (
            ["D", [0], [[1e308], [1e308]], [[0.0], [0.0]]],
            DISPLACEMENT,
            r"must lie in -1000\.\.1000, found one of size 1e",
        ),
        (["E", [0, 1], 1001], DISPLACEMENT, r"t: weight must lie in -1000\.\.1000 for displacement, found 1001"),
        (["X", 0, -1e200], DISPLACEMENT, r"t: amount must lie in -1000\.\.1000"),
        (["D", [0], [[0.5], [0.0]], [[0.0], [0.5]]], DISPLACEMENT, "displacements 0 and 1 of a token D must commute"),
        (["D", [0], [0.5]], DISPLACEMENT, "t: must be a token"),
        (["D", [True], [0.5], [0.0]], DISPLACEMENT, "t: a mode of D"),
    ],
)
def test_what_is_no_token_is_refused(token, alphabet, message):
    with pytest.raises(InputError, match=message):
        token_from_json(token, 4, 3, "t", alphabet_of(alphabet))


def test_tokens_become_circuits():
    circuit = sentence_circuit([EdgeToken((0, 1), 0.3), A, ShiftToken(2, 0.1)], Network(3, 1.0, 1.0))
    (op,) = (op for op in circuit.operations if isinstance(op, DisplacementReadout))
    assert (op.modes, op.alpha, op.beta, op.result) == ((0, 1, 2), *A.total, "y1")
    assert circuit.modes == 3 and circuit.ancillas == () and circuit.results == ("y1",)
    with pytest.raises(InputError, match="tokens D need the alphabet displacement"):
        quadrature_token(A)


# --- specifications --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 4}, "displacement alphabet needs k = 2 or 3, found k = 4; larger edges have no known exact law"),
        ({"k": 1}, "k = 2 or 3, found k = 1"),
        ({"shift": -0.1}, "shift"),
        ({"shift": 101.0}, "weights and shift must be at most 100 for displacement, found 0.5 and 101"),
        ({"weights": (0.1, 1e5)}, "weights and shift must be at most 100"),
        ({"triangle": 0.0}, "triangle must lie in 0.001..1000"),
        ({"triangle": "1"}, "must be real numbers"),
        ({"mixture": {"neighbour": 1.0}}, "no neighbour probes.*matched, decoy, contextual.*does not say where x is"),
        ({"mixture": {"triple": 1.0}}, "no triple probes for displacement"),
        ({"modes": 2, "mixture": {"contextual": 1.0}}, "no contextual probes"),
    ],
)
def test_impossible_specifications_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        make(**changes)


def test_the_triangle_is_written_for_this_alphabet_alone(tmp_path):
    spec = make(triangle=0.7)
    assert spec_from_json(json.loads(json.dumps(spec.to_json())), "s") == spec
    real = HsmtSpec(4, 2, 1, probes=1)
    assert "triangle" not in dataset_header(real) and spec_from_json(real.to_json(), "s") == real
    with pytest.raises(InputError, match="unknown fields"):
        spec_from_json({**real.to_json(), "triangle": 1.0}, "s")
    with pytest.raises(InputError, match="triangle belongs to the alphabet displacement"):
        HsmtSpec(4, 2, 1, probes=1, triangle=2.0)


def test_unknown_alphabets_name_the_three():
    with pytest.raises(InputError, match=r'"real", "displacement" or "modular\(d\)"'):
        HsmtSpec(4, 2, 1, probes=1, alphabet="displaced")


# --- sentences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modes", "k", "w", "r"), [(3, 2, 1.0, 1.0), (5, 2, 0.5, 0.6), (4, 3, 2.0, 0.8)])
def test_first_probes_are_what_they_say(modes, k, w, r):
    # matched: <exp(i a p)> = exp(-a^2 e^{-2r} / 2); contexts: that, and for A minus its third power, despite shifts
    u = pi / (4.0 * w) * exp(-2.0 * r)
    found = set()
    for sentence in sentences_of(make(modes, k, 40, triangle=w, squeezing_latent=r)):
        (kind,), (law,) = sentence.kinds, sentence.laws
        (token,) = (token for token in sentence.tokens if isinstance(token, DisplacementToken))
        found.add(kind)
        if kind is ProbeKind.MATCHED:
            assert law.mean == pytest.approx(exp(-u), abs=1e-12)
        elif kind is ProbeKind.DECOY:
            assert law.mean < exp(-u) - 1e-3
        else:
            name = context_of(token, w)
            found.add(name)
            assert law.mean == pytest.approx(-exp(-3.0 * u) if name == "A" else exp(-u), abs=1e-12)
        assert law.outcomes == (1, -1) and sentence.answers[0] in law.outcomes
    assert found == {ProbeKind.MATCHED, ProbeKind.DECOY, ProbeKind.CONTEXTUAL, "B0", "B1", "B2", "A"}


def test_the_order_of_probes():
    # k = 2: any; k = 3: every probe but the last is matched, so that laws stay short
    for k in (2, 3):
        sentences = sentences_of(make(4, k, 20, probes=4))
        assert all(kind is ProbeKind.MATCHED for s in sentences for kind in s.kinds[:-1]) == (k == 3)
        assert {s.kinds[-1] for s in sentences} == {ProbeKind.MATCHED, ProbeKind.DECOY, ProbeKind.CONTEXTUAL}


def test_probes_restore_what_was_written():
    # after any probe group the sum of all weights on an edge is what was written, and nothing else is there
    for sentence in sentences_of(make(5, 2, 10, probes=6)):
        total, written = {}, {}
        for token in sentence.tokens:
            if isinstance(token, EdgeToken):
                written.setdefault(token.modes, token.weight)
                total[token.modes] = total.get(token.modes, 0.0) + token.weight
        assert len(written) == 10
        for modes, weight in total.items():
            assert weight == pytest.approx(written[modes], abs=1e-12)


@pytest.mark.parametrize("k", [2, 3])
def test_a_length_is_filled_with_readouts_that_change_nothing(k):
    sentences = sentences_of(make(4, k, 12, probes=None, length=60, mixture={"matched": 1.0}))
    kinds = set()
    for sentence in sentences:
        assert len(sentence.tokens) == 60
        kinds |= set(sentence.kinds)
        first = {}
        for kind, law, token in zip(
            sentence.kinds,
            sentence.laws,
            (t for t in sentence.tokens if isinstance(t, DisplacementToken)),
            strict=True,
        ):
            if kind is ProbeKind.MATCHED:
                first.setdefault(token, law.mean)
        assert all(mean == pytest.approx(exp(-pi / 4 * exp(-2.0)), abs=1e-9) for mean in first.values())
    assert kinds == {ProbeKind.MATCHED, ProbeKind.CONTEXT}


def test_datasets_round_trip_and_repeat(tmp_path):
    spec = make(4, 3, 6, probes=3)
    data = Dataset(spec, sentences_of(spec))
    write_dataset(tmp_path / "d.jsonl", data)
    assert read_dataset(tmp_path / "d.jsonl") == data == Dataset(spec, sentences_of(spec))
    lines = (tmp_path / "d.jsonl").read_text().splitlines()
    for old, new, message in (
        ('"answers": [', '"answers": [0, ', "line 2.*answer 0 must be 1 or -1, found 0"),
        ('"law": "bit", "plus": ', '"law": "bit", "minus": ', "line 2.*a bit law must have the fields plus"),
        ('"law": "bit", "plus": ', '"law": "bit", "plus": 2', "line 2.*law 0.*sum to 1"),
        ('{"law": "bit", "plus": ', '{"law": "normal", "mean": 0.0, "variance": ', "does not belong"),
    ):
        (tmp_path / "e.jsonl").write_text("\n".join([lines[0], lines[1].replace(old, new, 1), *lines[2:]]) + "\n")
        with pytest.raises(InputError, match=message):
            read_dataset(tmp_path / "e.jsonl")


def test_other_tokens_are_not_displacements():
    assert all(quadrature_token(t) is t for t in (ReadToken("x", 0), ShiftToken(0, 1.0), EdgeToken((0, 1), 1.0)))


def test_bits_of_a_triangle_have_all_strings():
    # design page 08: P(+++) = 0.856241 for B_0, B_1, B_2 one after the other
    from qumode_khrnn.ideal.displacement_reference import displacement_reference

    tokens = [*(EdgeToken(pair, 1.0) for pair in combinations(range(3), 2)), B0, B1, B2]
    total = 0.0
    for string in product((1, -1), repeat=3):
        laws = displacement_reference(tokens, Network(3, 1.0, 1.0), np.random.default_rng(0), string)[1]
        chance = np.prod([law.probability(y) for law, y in zip(laws, string, strict=True)])
        total += chance
        if sum(string) == 3:
            assert chance == pytest.approx(0.856241, abs=6e-7)
    assert total == pytest.approx(1.0, abs=1e-12)
