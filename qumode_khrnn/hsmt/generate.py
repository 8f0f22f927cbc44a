"""Make HSMT sentences. The reference model is an argument: this room states the task, another room runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from math import comb, isclose
from typing import Any

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.cell import Network
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, Sentence, ShiftToken, Token
from qumode_khrnn.hsmt.laws import NormalLaw, QuadraticLaw
from qumode_khrnn.hypergraph import Hyperedge, Hypergraph, random_hypergraph

Reference = Callable[
    [tuple[Token, ...], Network, np.random.Generator, Sequence[float] | None],
    tuple[tuple[float, ...], tuple[NormalLaw | QuadraticLaw, ...]],
]
"""``(tokens, network, rng, answers) -> (answers, laws)``: the exact model. Given answers are conditioned on, else
sampled; each law is that of one answer given the earlier ones."""

MAX_SPEC_MODES = 200
"""Largest number of modes of a dataset."""

Group = list[tuple[Token, ProbeKind | None]]


@dataclass(frozen=True, slots=True)
class HsmtSpec:
    """What a dataset is made of. Written into the dataset, it reproduces it.

    Attributes
    ----------
    modes, k : int
        Number of qumodes n and of modes per hyperedge, 2 <= k <= 3 (real alphabet).
    sentences : int
        Number of sentences.
    probes : int, optional
        Probe groups per sentence; the sentence is as long as they need.
    length : int, optional
        Tokens per sentence, filled with probe groups and then position readouts. Give exactly one of the two.
    edges : int, optional
        Hyperedges written; all ``binom(n, k)`` by default.
    weights : tuple of float
        Range of their absolute values.
    shift : float
        Every mode starts with a shift drawn from a normal law of this deviation; 0 for none.
    squeezing_latent, squeezing_ancilla : float
        Squeezing parameters r of the network.
    mixture : mapping from probe kind to weight
        How often each kind of probe group is drawn.
    seed : int
        Seed; sentence i uses the stream ``[seed, i]``, whatever else is generated.

    Raises
    ------
    InputError
        If a value is out of range.
    """

    modes: int
    k: int
    sentences: int
    probes: int | None = None
    length: int | None = None
    edges: int | None = None
    weights: tuple[float, float] = (0.1, 0.5)
    shift: float = 0.5
    squeezing_latent: float = 1.0
    squeezing_ancilla: float = 1.0
    mixture: dict[str, float] = field(default_factory=lambda: {"matched": 1.0, "decoy": 1.0, "neighbour": 1.0})
    seed: int = 0

    def __post_init__(self) -> None:
        def need(holds: bool, message: str) -> None:
            if not holds:
                raise InputError(f"HSMT: {message}")

        for name in ("modes", "k", "sentences", "probes", "length", "edges", "seed"):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            need(whole or (value is None and name in ("probes", "length", "edges")), f"{name} must be a whole number")
        numbers = (*self.weights, self.shift, self.squeezing_latent, self.squeezing_ancilla, *self.mixture.values())
        need(all(isinstance(v, float | int) and not isinstance(v, bool) for v in numbers), "found what is not a number")
        need(2 <= self.k <= 3, f"the real alphabet has k = 2 or 3 (exact conditionals), found k = {self.k}")
        need(
            self.k <= self.modes <= MAX_SPEC_MODES, f"modes must lie in {self.k}..{MAX_SPEC_MODES}, found {self.modes}"
        )
        need(1 <= self.sentences <= 10**7, f"sentences must lie in 1..10^7, found {self.sentences}")
        need((self.probes is None) != (self.length is None), "give exactly one of probes and length")
        need(self.probes is None or 1 <= self.probes <= 10**4, f"probes must lie in 1..10^4, found {self.probes}")
        need(self.length is None or 1 <= self.length <= 10**5, f"length must lie in 1..10^5, found {self.length}")
        total = comb(self.modes, self.k)
        need(self.edges is None or 1 <= self.edges <= total, f"edges must lie in 1..{total}, found {self.edges}")
        need(0.0 < self.weights[0] <= self.weights[1] < 1e6, f"weights must be 0 < low <= high, found {self.weights}")
        need(0.0 <= self.shift < 1e6, f"shift must be >= 0, found {self.shift}")
        need(set(self.mixture) <= {"matched", "decoy", "neighbour"}, f"unknown probe kinds in {self.mixture}")
        need(
            all(0.0 <= v < 1e6 for v in self.mixture.values()) and sum(self.mixture.values()) > 0.0,
            f"mixture weights must be >= 0 and not all 0, found {self.mixture}",
        )
        need(self.seed >= 0, f"seed must be >= 0, found {self.seed}")
        _ = self.network  # checks the squeezing

    @property
    def network(self) -> Network:
        """The ideal network that the dataset belongs to."""
        return Network(self.modes, self.squeezing_latent, self.squeezing_ancilla)

    def to_json(self) -> dict[str, Any]:
        """Plain data, with the alphabet."""
        return {"alphabet": "real", **asdict(self), "weights": list(self.weights)}


def spec_from_json(data: object, where: str) -> HsmtSpec:
    """Read what `HsmtSpec.to_json` wrote.

    Raises
    ------
    InputError
        If a field is missing, unknown or wrong.
    """
    if not isinstance(data, dict) or data.get("alphabet") != "real":
        raise InputError(f'{where}: "alphabet" must be "real"')
    names = {f.name for f in fields(HsmtSpec)}
    if wrong := (set(data) - {"alphabet"}) ^ names:
        raise InputError(f"{where}: missing or unknown fields {sorted(wrong)}")
    try:
        values = {name: data[name] for name in names}
        low, high = values["weights"]
        return HsmtSpec(**{**values, "weights": (low, high)})
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{where}: a field has the wrong type: {error}") from None


def generate(spec: HsmtSpec, reference: Reference) -> Iterator[Sentence]:
    """The sentences of a dataset, one by one, each from its own random stream.

    Parameters
    ----------
    spec : HsmtSpec
    reference : Reference
        The exact model; it refuses what it cannot do exactly.
    """
    for index in range(spec.sentences):
        rng = np.random.default_rng([spec.seed, index])
        tokens, kinds = _tokens(spec, rng)
        answers, laws = reference(tokens, spec.network, rng, None)
        yield Sentence(tokens, kinds, answers, laws)


def _tokens(spec: HsmtSpec, rng: np.random.Generator) -> tuple[tuple[Token, ...], tuple[ProbeKind, ...]]:
    graph = random_hypergraph(spec.modes, spec.k, rng, spec.edges, spec.weights)
    write: Group = []
    if spec.shift > 0.0:
        write += [(ShiftToken(m, float(s)), None) for m, s in enumerate(rng.normal(scale=spec.shift, size=spec.modes))]
    write += [(EdgeToken(e.modes, e.weight), None) for e in graph.edges]
    probes = _probes(spec, graph, rng, len(write))
    items = write + probes
    kinds = tuple(kind for _, kind in items if kind is not None)
    return tuple(token for token, _ in items), kinds


def _probes(spec: HsmtSpec, graph: Hypergraph, rng: np.random.Generator, written: int) -> Group:
    # For k >= 3 the state after a decoy or neighbour readout has no exact conditionals, so at most one of them, the
    # last probe of the sentence; every other probe is matched.
    last = _group(spec, graph, rng, _draw_kind(spec, rng))
    mixed = spec.k == 2
    out: Group = []
    if spec.probes is not None:
        for _ in range(spec.probes - 1):
            out += _group(spec, graph, rng, _draw_kind(spec, rng) if mixed else ProbeKind.MATCHED)
        return out + last
    assert spec.length is not None
    room = spec.length - written - len(last)
    if room < 0:
        raise InputError(
            f"HSMT: length must be at least {written + len(last)} for {written} tokens of writing and a probe of "
            f"{len(last)}, found {spec.length}; write fewer edges or ask for more tokens"
        )
    while True:
        group = _group(spec, graph, rng, _draw_kind(spec, rng) if mixed else ProbeKind.MATCHED)
        if len(group) > room:
            break
        out += group
        room -= len(group)
    out += [(ReadToken("x", int(m)), ProbeKind.CONTEXT) for m in rng.integers(spec.modes, size=room)]
    return out + last


def _draw_kind(spec: HsmtSpec, rng: np.random.Generator) -> ProbeKind:
    kinds = sorted(spec.mixture)
    shares = np.array([spec.mixture[kind] for kind in kinds])
    return ProbeKind(kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))])


def _group(spec: HsmtSpec, graph: Hypergraph, rng: np.random.Generator, kind: ProbeKind) -> Group:
    joined = [m for m in range(graph.modes) if graph.star(m)]
    mode = int(rng.choice(joined))
    star = list(graph.star(mode))
    read = (ReadToken("p", mode), kind)
    if kind is ProbeKind.NEIGHBOUR:
        return [*((ReadToken("x", m), ProbeKind.CONTEXT) for m in graph.neighbours(mode)), read]
    if kind is ProbeKind.DECOY:
        wrong = int(rng.integers(len(star)))
        off = float(rng.uniform(*spec.weights) * rng.choice([-1.0, 1.0]))
        star[wrong] = Hyperedge(star[wrong].modes, star[wrong].weight + off)
        assert not isclose(star[wrong].weight, graph.star(mode)[wrong].weight)
    undo: Group = [(EdgeToken(e.modes, -e.weight), None) for e in star]
    redo: Group = [(EdgeToken(e.modes, e.weight), None) for e in star]
    return [*undo, read, *redo]
