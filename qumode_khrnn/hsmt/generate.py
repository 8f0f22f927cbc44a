"""Make HSMT sentences. The reference model that answers them is an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, Sentence, ShiftToken, Token
from qumode_khrnn.hsmt.probes import Written, at_once, fillers, probe_group
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.hsmt.triples import Conversation, Group, triple_probe
from qumode_khrnn.network.hypergraph import random_edges, random_hypergraph
from simulations.laws.discrete import DiscreteLaw
from simulations.laws.types import AnyLaw

Reference = Callable[
    [tuple[Token, ...], HsmtSpec, np.random.Generator, Sequence[float] | None],
    tuple[tuple[float, ...], tuple[AnyLaw, ...]],
]
"""``(tokens, spec, rng, answers) -> (answers, laws)``: the exact model. Given answers are conditioned on, else sampled;
each law is that of one answer given the earlier ones."""


def generate(spec: HsmtSpec, reference: Reference, start: int = 0, stop: int | None = None) -> Iterator[Sentence]:
    """Yield the sentences of a dataset, one by one, each from its own random stream.

    Parameters
    ----------
    spec : HsmtSpec
    reference : Reference
        The exact model; it refuses sentences whose laws it does not know exactly.
    start, stop : int
        Range of sentences; all of them by default.
    """
    for index in range(start, spec.sentences if stop is None else stop):
        rng = np.random.default_rng([spec.seed, index])
        items, last = draw(spec, rng)
        group = next(last)
        answers: tuple[float, ...] = ()
        laws: tuple[AnyLaw, ...] = ()
        while group:
            items = items + group
            asked = sum(kind is not None for _, kind in group)
            answers, laws = _answered(items, spec, rng, reference, answers)
            try:
                group = last.send(answers[len(answers) - asked :])
            except StopIteration:
                break
        kinds = tuple(kind for _, kind in items if kind is not None)
        yield Sentence(tuple(token for token, _ in items), kinds, answers, laws)


def _answered(
    items: Group, spec: HsmtSpec, rng: np.random.Generator, reference: Reference, answers: tuple[float, ...]
) -> tuple[tuple[float, ...], tuple[AnyLaw, ...]]:
    """Return the answers to all tokens: the known ones, and draws from the exact laws for the others."""
    tokens = tuple(token for token, _ in items)
    if not answers:
        return reference(tokens, spec, rng, None)
    missing = sum(kind is not None for _, kind in items) - len(answers)
    assert missing == 1  # after the first answer, a conversation asks for one answer at a time
    laws = reference(tokens, spec, rng, (*answers, 0))[1]  # a law does not depend on its own answer
    law = laws[-1]
    assert isinstance(law, DiscreteLaw)
    return (*answers, int(rng.choice(len(law.probabilities), p=law.probabilities))), laws


def draw(spec: HsmtSpec, rng: np.random.Generator) -> tuple[Group, Conversation]:
    """Draw the tokens of a sentence up to its last probe, and that probe.

    Parameters
    ----------
    spec : HsmtSpec
    rng : numpy.random.Generator
        Generator that the conversation also uses later on.
    """
    write: Group = []
    if spec.levels is None:
        graph = random_hypergraph(spec.modes, spec.k, rng, spec.edges, spec.weights)
        if spec.shift > 0.0:
            shifts = rng.normal(scale=spec.shift, size=spec.modes)
            write += [(ShiftToken(m, float(s)), None) for m, s in enumerate(shifts)]
        written = Written(spec.modes, tuple(EdgeToken(e.modes, e.weight) for e in graph.edges))
    else:
        chosen = random_edges(spec.modes, spec.k, rng, spec.edges)
        weights = rng.integers(spec.levels, size=len(chosen)).tolist()
        edges = [EdgeToken(e, w) for e, w in zip(chosen, weights, strict=True)]
        written = Written(spec.modes, tuple(edges[i] for i in rng.permutation(len(edges))))
    write += [(token, None) for token in written.edges]
    return _probes(spec, written, rng, write)


def _probes(spec: HsmtSpec, written: Written, rng: np.random.Generator, write: Group) -> tuple[Group, Conversation]:
    # Where the state after a decoy, neighbour or contextual readout has no exact conditional laws, only the last probe
    # may be of these kinds, and all others are matched. The same holds before a triple probe, which asks about what was
    # written.
    kind = _draw_kind(spec, rng)
    triple = kind is ProbeKind.TRIPLE
    mixed = spec.mixed and not triple
    last: Group = [] if triple else probe_group(spec, written, rng, kind)

    def earlier() -> Group:
        return probe_group(spec, written, rng, _draw_kind(spec, rng, last=False) if mixed else ProbeKind.MATCHED)

    out = list(write)
    if spec.probes is not None:
        for _ in range(spec.probes - 1):
            out += earlier()
        return out, _triple(spec, written, rng) if triple else at_once(last)
    assert spec.length is not None
    room = spec.length - len(write) - len(last)
    if room < 0:
        used = len(write) + len(last)
        raise InputError(
            f"HSMT: length must be at least {used} for {len(write)} writing tokens and a probe of "
            f"{len(last)} tokens, found {spec.length}; write fewer edges or ask for more tokens"
        )
    while True:
        one = earlier()
        if len(one) > room:
            break
        out += one
        room -= len(one)
    out += fillers(spec, rng.integers(spec.modes, size=room).tolist())
    return out, at_once(last)


def _triple(spec: HsmtSpec, written: Written, rng: np.random.Generator) -> Conversation:
    return triple_probe(spec.modes, spec.k, {edge.modes: int(edge.weight) for edge in written.edges}, rng)


def _draw_kind(spec: HsmtSpec, rng: np.random.Generator, *, last: bool = True) -> ProbeKind:
    shares = {kind: share for kind, share in spec.shares.items() if last or kind != ProbeKind.TRIPLE.value}
    kinds = sorted(shares)
    chances = np.array([shares[kind] for kind in kinds])
    return ProbeKind(kinds[int(rng.choice(len(kinds), p=chances / chances.sum()))])
