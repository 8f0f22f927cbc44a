"""Make HSMT sentences. The reference model is an argument: this room states the task, another room runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, Sentence, ShiftToken, Token
from qumode_khrnn.hsmt.probes import Group, Written, probe_group
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.network.hypergraph import random_edges, random_hypergraph
from simulations.laws.types import AnyLaw

Reference = Callable[
    [tuple[Token, ...], HsmtSpec, np.random.Generator, Sequence[float] | None],
    tuple[tuple[float, ...], tuple[AnyLaw, ...]],
]
"""``(tokens, spec, rng, answers) -> (answers, laws)``: the exact model. Given answers are conditioned on, else sampled;
each law is that of one answer given the earlier ones."""


def generate(spec: HsmtSpec, reference: Reference, start: int = 0, stop: int | None = None) -> Iterator[Sentence]:
    """The sentences of a dataset, one by one, each from its own random stream.

    Parameters
    ----------
    spec : HsmtSpec
    reference : Reference
        The exact model; it refuses what it cannot do exactly.
    start, stop : int
        Range of sentences; all of them by default.
    """
    for index in range(start, spec.sentences if stop is None else stop):
        rng = np.random.default_rng([spec.seed, index])
        tokens, kinds = _tokens(spec, rng)
        answers, laws = reference(tokens, spec, rng, None)
        yield Sentence(tokens, kinds, answers, laws)


def _tokens(spec: HsmtSpec, rng: np.random.Generator) -> tuple[tuple[Token, ...], tuple[ProbeKind, ...]]:
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
    items = write + _probes(spec, written, rng, len(write))
    kinds = tuple(kind for _, kind in items if kind is not None)
    return tuple(token for token, _ in items), kinds


def _probes(spec: HsmtSpec, written: Written, rng: np.random.Generator, used: int) -> Group:
    # Where the state after a decoy, neighbour or contextual readout has no exact conditionals, at most one of them, the
    # last probe of the sentence; every other probe is matched.
    def group(kind: ProbeKind) -> Group:
        return probe_group(spec, written, rng, kind)

    last = group(_draw_kind(spec, rng))
    out: Group = []
    if spec.probes is not None:
        for _ in range(spec.probes - 1):
            out += group(_draw_kind(spec, rng) if spec.mixed else ProbeKind.MATCHED)
        return out + last
    assert spec.length is not None
    room = spec.length - used - len(last)
    if room < 0:
        raise InputError(
            f"HSMT: length must be at least {used + len(last)} for {used} tokens of writing and a probe of "
            f"{len(last)}, found {spec.length}; write fewer edges or ask for more tokens"
        )
    while True:
        one = group(_draw_kind(spec, rng) if spec.mixed else ProbeKind.MATCHED)
        if len(one) > room:
            break
        out += one
        room -= len(one)
    out += [(ReadToken("x", int(m)), ProbeKind.CONTEXT) for m in rng.integers(spec.modes, size=room)]
    return out + last


def _draw_kind(spec: HsmtSpec, rng: np.random.Generator) -> ProbeKind:
    kinds = sorted(spec.shares)
    shares = np.array([spec.shares[kind] for kind in kinds])
    return ProbeKind(kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))])
