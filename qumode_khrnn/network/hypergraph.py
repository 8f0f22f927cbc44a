r"""Weighted hypergraphs: the couplings of a hypergraph state ``prod_e exp(i w_e prod_{j in e} x_j / hbar) |p = 0>``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations, islice, pairwise
from math import comb, isfinite
from numbers import Integral
from operator import index as integer
from typing import Any

import numpy as np

from compiler.errors import InputError, with_type
from compiler.files import number
from compiler.ir.operation import real
from compiler.ir.polynomial import Polynomial
from compiler.ir.serialize import MAX_MODES
from hardware_profiles.display import Drawable
from qumode_khrnn.network.formats.records import require_known

MOST_LINES = 40
"""Number of edges that ``print(hypergraph)`` shows."""


@dataclass(frozen=True, slots=True)
class Hyperedge:
    """An edge: distinct modes, sorted, and a real weight.

    Integers and real numbers of other packages, such as NumPy, are converted to Python's own.

    Raises
    ------
    InputError
        If the edge is empty, a mode repeats or is not an integer >= 0, or the weight is not a finite real number.

    Examples
    --------
    >>> Hyperedge(np.arange(2), np.float32(0.5))
    Hyperedge(modes=(0, 1), weight=0.5)
    """

    modes: tuple[int, ...]
    weight: float

    def __post_init__(self) -> None:
        given: Any = self.modes
        if type(given) is tuple and type(self.weight) is float and isfinite(self.weight) and _ascending(given):
            return  # the readers of large files make such edges
        if isinstance(given, str | bytes) or not isinstance(given, Iterable) or getattr(given, "ndim", 1) == 0:
            raise InputError(f"an edge needs a tuple of modes, found {with_type(given)}")
        modes = tuple(given)
        if not modes:
            raise InputError("an edge needs at least one mode, found none")
        for mode in modes:
            if isinstance(mode, bool) or not isinstance(mode, Integral) or mode < 0:
                raise InputError(f"edge {short(modes)}: modes must be integers >= 0, found {with_type(mode)}")
        ordered = tuple(sorted(integer(mode) for mode in modes))
        for first, second in pairwise(ordered):
            if first == second:
                raise InputError(f"edge {short(modes)}: modes must be distinct, found {first} twice")
        object.__setattr__(self, "weight", real(self.weight, f"edge {short(modes)}: the weight"))
        object.__setattr__(self, "modes", ordered)

    def polynomial(self, factor: float = 1.0) -> Polynomial:
        """Return ``factor w prod_j x_j``."""
        return Polynomial.monomial(self.modes, factor * self.weight)


def _ascending(modes: tuple[Any, ...]) -> bool:
    """Tell whether all items are Python integers >= 0 in ascending order."""
    if not modes or any(type(mode) is not int for mode in modes):
        return False
    return bool(modes[0] >= 0) and all(a < b for a, b in pairwise(modes))


def short(items: Iterable[object], most: int = 12) -> str:
    """Return the first items of an edge in brackets, as one line for messages.

    >>> short(range(20), 3)
    '[0, 1, 2, ...]'
    """
    texts = [_plain(item)[:40] for item in islice(items, most + 1)]
    return f"[{', '.join(texts[:most])}{', ...' if len(texts) > most else ''}]"


def _plain(item: object) -> str:
    return ascii(item) if isinstance(item, str) and not item.isprintable() else str(item)


USUAL_WEIGHTS = (1e-3, 1e3)
"""Sizes of weights that pass without a remark; a device realizes weights near 1."""


def _others(found: list[int]) -> str:
    return f" (the same holds for {len(found) - 1} more)" if len(found) > 1 else ""


@dataclass(frozen=True, slots=True, repr=False)
class Hypergraph(Drawable):
    """A weighted hypergraph on modes ``0 .. modes-1``. Weights of equal edges add up.

    ``labels`` are the names that the nodes have where the hypergraph comes from, one per mode, or empty if nodes
    are named by their numbers. They are for people to read: two hypergraphs with the same edges are equal.

    Raises
    ------
    InputError
        If an edge names a mode that does not exist, the number of modes is out of range, or the labels are not one
        printable text per mode.

    Examples
    --------
    >>> graph = Hypergraph(4, (Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 3), -0.2)))
    >>> graph.order, graph.neighbours(1)
    (3, (0, 2, 3))
    >>> graph
    <Hypergraph: 4 modes, 2 edges of up to 3 modes>
    """

    modes: int
    edges: tuple[Hyperedge, ...] = ()
    labels: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        given: Any = self.modes
        if isinstance(given, bool) or not isinstance(given, Integral) or not 1 <= integer(given) <= MAX_MODES:
            raise InputError(f'"modes" must be an integer in 1..{MAX_MODES}, found {with_type(given)}')
        object.__setattr__(self, "modes", integer(given))
        for index, edge in enumerate(self.edges):
            if edge.modes[-1] >= self.modes:
                raise InputError(
                    f"edge {index} {short(edge.modes)}: modes must lie in 0..{self.modes - 1}, found {edge.modes[-1]}"
                )
        if self.labels and len(self.labels) != self.modes:
            raise InputError(f"labels must be one per mode, {self.modes} in all, found {len(self.labels)}")
        for label in self.labels:
            if not isinstance(label, str) or not label or not label.isprintable():
                raise InputError(f"labels must be texts that can be printed, found {with_type(label)}")

    def __repr__(self) -> str:
        sizes = f" of up to {self.order} modes" if self.edges else ""
        return f"<Hypergraph: {self.modes} modes, {len(self.edges)} edges{sizes}>"

    def __str__(self) -> str:
        lines = [repr(self)]
        for edge in self.edges[:MOST_LINES]:
            names = [self.labels[mode] for mode in edge.modes] if self.labels else edge.modes
            lines.append(f"  {edge.weight:+.6g} {short(names)}")
        if len(self.edges) > MOST_LINES:
            lines.append(f"... and {len(self.edges) - MOST_LINES} further edges, not shown")
        return "\n".join(lines)

    @property
    def order(self) -> int:
        """Size k of the largest edge; 0 without edges."""
        return max((len(edge.modes) for edge in self.edges), default=0)

    def star(self, mode: int) -> tuple[Hyperedge, ...]:
        """Return the edges that contain a mode."""
        return tuple(edge for edge in self.edges if mode in edge.modes)

    def neighbours(self, mode: int) -> tuple[int, ...]:
        """Return the modes that share an edge with a mode, sorted."""
        return tuple(sorted({m for edge in self.star(mode) for m in edge.modes} - {mode}))

    def independent_modes(self) -> tuple[int, ...]:
        """Return the modes of which no two share an edge, chosen greedily from mode 0 on.

        Their momenta can be read together with the positions of all other modes; each momentum then is a nullifier.
        """
        stars: list[list[Hyperedge]] = [[] for _ in range(self.modes)]
        for edge in self.edges:
            for mode in edge.modes:
                stars[mode].append(edge)
        chosen: list[int] = []
        blocked: set[int] = set()
        for mode, star in enumerate(stars):
            if mode not in blocked:
                chosen.append(mode)
                blocked.update(m for edge in star for m in edge.modes)
        return tuple(chosen)

    def require_order(self, k: int) -> Hypergraph:
        """Return this hypergraph, or refuse it if an edge has more than k modes.

        Raises
        ------
        InputError
            If an edge is larger; the message names the first one.
        """
        for index, edge in enumerate(self.edges):
            if len(edge.modes) > k:
                raise InputError(f"edge {index} {short(edge.modes)}: edges may have at most k = {k} modes")
        return self

    def remarks(self) -> tuple[str, ...]:
        """Return one sentence for edges without effect and one for unusual weights, which may be typing errors.

        >>> Hypergraph(2, (Hyperedge((0, 1), 0.0),)).remarks()
        ('edge 0 [0, 1] has weight 0 and is left out',)
        """
        total: dict[tuple[int, ...], float] = {}
        for edge in self.edges:
            total[edge.modes] = total.get(edge.modes, 0.0) + edge.weight
        idle = [i for i, edge in enumerate(self.edges) if total[edge.modes] == 0.0]
        least, most = USUAL_WEIGHTS
        strange = [i for i, edge in enumerate(self.edges) if edge.weight and not least <= abs(edge.weight) <= most]
        found = []
        if idle:
            edge = self.edges[idle[0]]
            if edge.weight:  # the sentence names the equal edges too
                idle = [i for i in idle if i == idle[0] or self.edges[i].modes != edge.modes]
            why = "has weight 0" if edge.weight == 0.0 else "and the equal edges have weights that add up to 0"
            left = "is left out" if edge.weight == 0.0 else "are left out"
            found.append(f"edge {idle[0]} {short(edge.modes)} {why} and {left}{_others(idle)}")
        if strange:
            edge = self.edges[strange[0]]
            found.append(
                f"edge {strange[0]} {short(edge.modes)} has the weight {edge.weight:.6g}; usual weights have sizes of "
                f"{least:g} to {most:g}{_others(strange)}"
            )
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """Return ``{"modes": n, "edges": [{"modes": [..], "weight": w}, ..]}``, with ``"names"`` if labels exist."""
        edges = [{"modes": list(e.modes), "weight": e.weight} for e in self.edges]
        return {"modes": self.modes, "edges": edges, **({"names": list(self.labels)} if self.labels else {})}


def random_hypergraph(
    modes: int, k: int, rng: np.random.Generator, edges: int | None = None, weights: tuple[float, float] = (0.1, 0.5)
) -> Hypergraph:
    """Return a k-uniform hypergraph with random edges and weights of random sign.

    Parameters
    ----------
    modes, k : int
        Number of modes, and of modes per edge.
    rng : numpy.random.Generator
    edges : int, optional
        Number of different edges; all ``binom(modes, k)`` by default.
    weights : tuple of float
        Range of the absolute values, drawn uniformly.
    """
    chosen = random_edges(modes, k, rng, edges)
    size = rng.uniform(*weights, size=len(chosen)) * rng.choice([-1.0, 1.0], size=len(chosen))
    return Hypergraph(modes, tuple(Hyperedge(e, float(w)) for e, w in zip(chosen, size, strict=True)))


def random_edges(modes: int, k: int, rng: np.random.Generator, edges: int | None = None) -> list[tuple[int, ...]]:
    """Return different random k-edges of n modes: all of them by default, in lexicographic order where they are many.

    Raises
    ------
    InputError
        If there are fewer edges than asked for.
    """
    total = comb(modes, k)
    count = total if edges is None else edges
    if not 1 <= k <= modes:
        raise InputError(f"the size of edges must lie in 1..{modes}, the number of modes, found {k}")
    if not 0 <= count <= total:
        raise InputError(f"the number of edges must lie in 0..{total} for {modes} modes and k = {k}, found {count}")
    chosen: dict[tuple[int, ...], None] = {}
    if 2 * count >= total:
        every = list(combinations(range(modes), k))
        chosen = dict.fromkeys(every[i] for i in sorted(rng.choice(total, size=count, replace=False)))
    while len(chosen) < count:
        chosen.setdefault(tuple(sorted(rng.choice(modes, size=k, replace=False).tolist())))
    return list(chosen)


def hypergraph_from_json(data: object, where: str) -> Hypergraph:
    """Read ``{"modes": n, "edges": [{"modes": [..], "weight": w}, ..]}``, this project's own form.

    Optional keys are ``k`` (no edge may have more modes), ``names`` (the labels, one per mode) and ``source`` (a text).

    Raises
    ------
    InputError
        If something is wrong; the message names the first problem.
    """
    if not isinstance(data, dict):
        raise InputError(f"{where}: must be a JSON object, found {type(data).__name__}")
    require_known(data, ("modes", "edges", "k", "names", "source"), where)
    if "modes" not in data or not isinstance(data.get("edges"), list):
        raise InputError(f'{where}: must have "modes" (a number) and "edges" (a list)')
    edges = []
    try:
        for index, item in enumerate(data["edges"]):
            edges.append(_edge_from_json(item, index))
        names = data.get("names", [])
        if not isinstance(names, list):
            raise InputError(f'"names" must be a list of one text per mode, found {type(names).__name__}')
        graph = Hypergraph(data["modes"], tuple(edges), tuple(names))
        k = data.get("k")
        if k is None:
            return graph
        if not isinstance(k, int) or isinstance(k, bool) or k < 1:
            raise InputError(f'"k" must be an integer >= 1, found {with_type(k)}')
        return graph.require_order(k)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _edge_from_json(item: object, index: int) -> Hyperedge:
    if not isinstance(item, dict) or set(item) != {"modes", "weight"} or not isinstance(item["modes"], list):
        raise InputError(f'edge {index}: must be {{"modes": [..], "weight": w}}, found {with_type(item)}')
    weight = number(item["weight"], f"edge {index}: the weight")
    try:
        return Hyperedge(tuple(item["modes"]), weight)
    except InputError as error:
        raise InputError(f"edge {index}: {error}") from None
