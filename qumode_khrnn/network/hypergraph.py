r"""Weighted hypergraphs: the couplings of a hypergraph state ``prod_e exp(i w_e prod_{j in e} x_j / hbar) |p = 0>``."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import combinations
from math import comb, isfinite
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from compiler.errors import InputError
from compiler.files import number, parse_json, read_text
from compiler.ir.polynomial import Polynomial
from compiler.ir.serialize import MAX_MODES


@dataclass(frozen=True, slots=True)
class Hyperedge:
    """An edge: distinct modes, sorted, and a real weight.

    Raises
    ------
    InputError
        If the edge is empty, a mode repeats or is not an integer >= 0, or the weight is not finite.
    """

    modes: tuple[int, ...]
    weight: float

    def __post_init__(self) -> None:
        if not self.modes:
            raise InputError("an edge needs at least one mode, found none")
        if any(not isinstance(m, int) or isinstance(m, bool) or m < 0 for m in self.modes):
            raise InputError(f"edge {list(self.modes)}: modes must be integers >= 0")
        if len(set(self.modes)) != len(self.modes):
            repeated = next(m for m in self.modes if self.modes.count(m) > 1)
            raise InputError(f"edge {list(self.modes)}: modes must be distinct, found {repeated} twice")
        if not isfinite(self.weight):
            raise InputError(f"edge {list(self.modes)}: the weight must be finite, found {self.weight}")
        object.__setattr__(self, "modes", tuple(sorted(self.modes)))

    def polynomial(self, factor: float = 1.0) -> Polynomial:
        """``factor w prod_j x_j``."""
        return Polynomial.monomial(self.modes, factor * self.weight)


@dataclass(frozen=True, slots=True)
class Hypergraph:
    """A weighted hypergraph on modes ``0 .. modes-1``. Weights of equal edges add up.

    Raises
    ------
    InputError
        If an edge names a mode that does not exist, or the number of modes is out of range.

    Examples
    --------
    >>> graph = Hypergraph(4, (Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 3), -0.2)))
    >>> graph.order, graph.neighbours(1)
    (3, (0, 2, 3))
    """

    modes: int
    edges: tuple[Hyperedge, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.modes, int) or isinstance(self.modes, bool) or not 1 <= self.modes <= MAX_MODES:
            raise InputError(f'"modes" must be an integer in 1..{MAX_MODES}, found {self.modes!r}')
        for index, edge in enumerate(self.edges):
            if edge.modes[-1] >= self.modes:
                raise InputError(
                    f"edge {index} {list(edge.modes)}: modes must lie in 0..{self.modes - 1}, found {edge.modes[-1]}"
                )

    @property
    def order(self) -> int:
        """Size k of the largest edge; 0 without edges."""
        return max((len(edge.modes) for edge in self.edges), default=0)

    def star(self, mode: int) -> tuple[Hyperedge, ...]:
        """The edges that contain a mode."""
        return tuple(edge for edge in self.edges if mode in edge.modes)

    def neighbours(self, mode: int) -> tuple[int, ...]:
        """The modes that share an edge with a mode, sorted."""
        return tuple(sorted({m for edge in self.star(mode) for m in edge.modes} - {mode}))

    def independent_modes(self) -> tuple[int, ...]:
        """Modes of which no two share an edge, chosen greedily from mode 0 on.

        Their momenta can be read together with the positions of all other modes; each momentum then is a nullifier.
        """
        chosen: list[int] = []
        blocked: set[int] = set()
        for mode in range(self.modes):
            if mode not in blocked:
                chosen.append(mode)
                blocked.update(self.neighbours(mode))
        return tuple(chosen)

    def require_order(self, k: int) -> Hypergraph:
        """This hypergraph, if no edge has more than k modes.

        Raises
        ------
        InputError
            Naming the first edge that is larger.
        """
        for index, edge in enumerate(self.edges):
            if len(edge.modes) > k:
                raise InputError(f"edge {index} {list(edge.modes)}: edges may have at most k = {k} modes")
        return self

    def to_json(self) -> dict[str, Any]:
        """``{"modes": n, "edges": [{"modes": [..], "weight": w}, ..]}``."""
        return {"modes": self.modes, "edges": [{"modes": list(e.modes), "weight": e.weight} for e in self.edges]}


def random_hypergraph(
    modes: int, k: int, rng: np.random.Generator, edges: int | None = None, weights: tuple[float, float] = (0.1, 0.5)
) -> Hypergraph:
    """A k-uniform hypergraph with random edges and weights of random sign.

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
    """Different random k-edges of n modes: all of them by default, in lexicographic order where they are many.

    Raises
    ------
    InputError
        If there are not that many.
    """
    total = comb(modes, k)
    count = total if edges is None else edges
    if not 1 <= k <= modes:
        raise InputError(f"edges of {k} modes need 1 <= k <= modes = {modes}")
    if not 0 <= count <= total:
        raise InputError(f"{modes} modes have {total} edges of size {k}, asked for {count}")
    chosen: dict[tuple[int, ...], None] = {}
    if 2 * count >= total:
        every = list(combinations(range(modes), k))
        chosen = dict.fromkeys(every[i] for i in sorted(rng.choice(total, size=count, replace=False)))
    while len(chosen) < count:
        chosen.setdefault(tuple(sorted(rng.choice(modes, size=k, replace=False).tolist())))
    return list(chosen)


def hypergraph_from_json(data: object, where: str) -> Hypergraph:
    """Read ``{"modes": n, "k": optional, "edges": [{"modes": [..], "weight": w}, ..]}``.

    Raises
    ------
    InputError
        Naming the first thing that is wrong.
    """
    if not isinstance(data, dict):
        raise InputError(f"{where}: must be a JSON object, found {type(data).__name__}")
    if unknown := set(data) - {"modes", "edges", "k", "names", "source"}:
        raise InputError(f"{where}: unknown keys {sorted(unknown)}; known: modes, edges, k, names, source")
    if "modes" not in data or not isinstance(data.get("edges"), list):
        raise InputError(f'{where}: needs "modes" (a number) and "edges" (a list)')
    edges = []
    try:
        for index, item in enumerate(data["edges"]):
            edges.append(_edge_from_json(item, index))
        graph = Hypergraph(data["modes"], tuple(edges))
        k = data.get("k")
        if k is None:
            return graph
        if not isinstance(k, int) or isinstance(k, bool) or k < 1:
            raise InputError(f'"k" must be an integer >= 1, found {k!r}')
        return graph.require_order(k)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _edge_from_json(item: object, index: int) -> Hyperedge:
    if not isinstance(item, dict) or set(item) != {"modes", "weight"} or not isinstance(item["modes"], list):
        raise InputError(f'edge {index}: must be {{"modes": [..], "weight": w}}, found {str(item)[:60]}')
    weight = number(item["weight"], f"edge {index}: the weight")
    try:
        return Hyperedge(tuple(item["modes"]), weight)
    except InputError as error:
        raise InputError(f"edge {index}: {error}") from None


def hypergraph_from_csv(text: str, where: str) -> Hypergraph:
    """Read rows ``mode,mode,..,weight``; the number of modes is one more than the largest index.

    >>> hypergraph_from_csv("0,1,2,0.3\\n1,3,-0.2", "example").modes
    4
    """
    edges = []
    try:
        rows = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise InputError(f"{where}: not valid CSV: {error}") from None
    for line, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        try:
            if "_" in "".join(cells):  # Python reads 1_0 as 10
                raise ValueError
            modes, weight = tuple(int(cell) for cell in cells[:-1]), float(cells[-1])
        except ValueError:
            raise InputError(f"{where}: line {line}: must be mode,mode,..,weight, found {','.join(row)[:60]}") from None
        try:
            edges.append(Hyperedge(modes, weight))
        except InputError as error:
            raise InputError(f"{where}: line {line}: {error}") from None
    if not edges:
        raise InputError(f"{where}: has no edges; rows are mode,mode,..,weight")
    return Hypergraph(1 + max(edge.modes[-1] for edge in edges), tuple(edges))


def hypergraph_from_networkx(graph: nx.Graph) -> Hypergraph:
    """A networkx graph as a hypergraph; its nodes become modes in the order of the graph.

    A graph whose nodes all have the attribute ``bipartite`` is read as an incidence graph: nodes with ``bipartite=0``
    are modes, nodes with ``bipartite=1`` are edges (attribute ``weight``, 1 by default). Any other graph gives one
    2-edge per edge (attribute ``weight``, 1 by default).

    >>> hypergraph_from_networkx(nx.path_graph(3)).edges[1]
    Hyperedge(modes=(1, 2), weight=1.0)
    """
    if graph.is_directed() or graph.is_multigraph():
        raise InputError("a hypergraph is read from an undirected graph without parallel edges")
    sides = nx.get_node_attributes(graph, "bipartite")
    if graph.number_of_nodes() and len(sides) == graph.number_of_nodes():
        index = {node: i for i, node in enumerate(n for n in graph if sides[n] == 0)}
        hubs = [(node, graph.nodes[node].get("weight", 1.0)) for node in graph if sides[node] == 1]
        edges = tuple(Hyperedge(tuple(index[m] for m in graph[hub]), float(w)) for hub, w in hubs)
    else:
        index = {node: i for i, node in enumerate(graph)}
        edges = tuple(Hyperedge((index[a], index[b]), float(w)) for a, b, w in graph.edges(data="weight", default=1.0))
    return Hypergraph(len(index), edges)


def read_hypergraph(path: str | Path) -> Hypergraph:
    """Read a hypergraph from a ``.json`` or ``.csv`` file.

    Raises
    ------
    InputError
        If the file cannot be read or is not a hypergraph.
    """
    path = Path(path)
    if path.suffix not in {".json", ".csv"}:
        raise InputError(f"{path}: a hypergraph file ends in .json or .csv")
    text = read_text(path)
    if path.suffix == ".csv":
        return hypergraph_from_csv(text, str(path))
    return hypergraph_from_json(parse_json(text, str(path)), str(path))
