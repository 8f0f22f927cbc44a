"""Which sites of a device are neighbours, and a first guess of where the modes of a circuit should sit."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from compiler.errors import CircuitError
from hardware_profiles.schema import Profile

Kind = Literal["line", "ring", "all-to-all"]
Weights = Mapping[tuple[int, int], float]
"""A weight for each pair of modes, by how often or how soon they interact; pairs in ascending order."""

SWEEPS = 40
"""Sweeps of the local search over placements; it stops when a sweep improves nothing."""


@dataclass(frozen=True)
class Coupling:
    """Sites ``0..sites-1`` and the pairs of them that can interact.

    Parameters
    ----------
    sites : int
    pairs : tuple of (int, int)
        Neighbours, each pair once, ascending.

    Raises
    ------
    CircuitError
        If a pair is not ascending or names a site that does not exist.

    Examples
    --------
    >>> Coupling.of("ring", 5).distance[0].tolist()
    [0, 1, 2, 2, 1]
    """

    sites: int
    pairs: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if self.sites < 1:
            raise CircuitError(f"a coupling needs at least 1 site, found {self.sites}")
        for a, b in self.pairs:
            if not 0 <= a < b < self.sites:
                raise CircuitError(f"neighbours must be ascending pairs of sites 0..{self.sites - 1}, found {(a, b)}")

    @classmethod
    def of(cls, kind: Kind | Any, sites: int | None = None) -> Coupling:
        """Return a line, a ring, or all-to-all on a number of sites; or a networkx graph on the sites ``0..n-1``."""
        if isinstance(kind, str):
            if sites is None or sites < 1:
                raise CircuitError(f"a {kind} needs a number of sites >= 1, found {sites}")
            if kind == "line":
                return cls(sites, tuple((i, i + 1) for i in range(sites - 1)))
            if kind == "ring":
                closing = ((0, sites - 1),) if sites > 2 else ()
                return cls(sites, tuple((i, i + 1) for i in range(sites - 1)) + closing)
            if kind == "all-to-all":
                return cls(sites, tuple(combinations(range(sites), 2)))
            raise CircuitError(f"a coupling is a line, a ring, all-to-all or a graph, found {kind!r}")
        nodes = sorted(kind.nodes)
        if nodes != list(range(len(nodes))):
            raise CircuitError(f"the nodes of a coupling graph must be 0..n-1, found {nodes[:8]}")
        return cls(len(nodes), tuple(sorted((min(edge), max(edge)) for edge in kind.edges if edge[0] != edge[1])))

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """The neighbours of every site, ascending."""
        found: list[list[int]] = [[] for _ in range(self.sites)]
        for a, b in self.pairs:
            found[a].append(b)
            found[b].append(a)
        return tuple(tuple(sorted(near)) for near in found)

    @cached_property
    def distance(self) -> NDArray[np.int64]:
        """Steps between every two sites, shape (sites, sites); as many as there are sites where no way leads."""
        rows = [self._reached(a) for a in range(self.sites)]
        return np.array([[row.get(b, self.sites) for b in range(self.sites)] for row in rows])

    def variants(self, modes: int) -> tuple[Coupling, ...]:
        """Return the coupling, and a line in it for these modes, if any, where a greedy search can do better."""
        complete = len(self.pairs) == self.sites * (self.sites - 1) // 2
        line = Coupling.of("line", max(modes, 1))
        return (self,) if complete or not _has_path(self) or line == self else (self, line)

    def _reached(self, start: int) -> dict[int, int]:
        steps, waiting = {start: 0}, deque([start])
        while waiting:
            at = waiting.popleft()
            for other in self.neighbours[at]:
                if other not in steps:
                    steps[other] = steps[at] + 1
                    waiting.append(other)
        return steps


@dataclass(frozen=True, slots=True)
class Placement:
    """Where modes sit: the number of sites of the device, and the site of every mode; modes may take turns at one."""

    count: int
    sites: tuple[int, ...]


def placements(weights: Weights, modes: int, coupling: Coupling) -> list[tuple[int, ...]]:
    """Return placements to try, each the site of every mode: as numbered, along a path, spectral, and improved ones.

    Parameters
    ----------
    weights : mapping
        Weights of pairs of modes that interact.
    modes : int
        Number of modes, not more than there are sites.
    coupling : Coupling

    Examples
    --------
    >>> placements({(0, 2): 1.0, (1, 2): 1.0}, 3, Coupling.of("line", 3))
    [(0, 2, 1)]
    """
    if all(coupling.distance[a, b] == 1 for a, b in weights):
        return [tuple(range(modes))]
    if (path := _along_path(weights, modes, coupling)) is not None:
        return [path]
    matrix = np.zeros((coupling.sites, coupling.sites))
    for (a, b), weight in weights.items():
        matrix[a, b] = matrix[b, a] = weight
    starts = [np.arange(coupling.sites), _spectral(matrix, coupling)]
    found = [tuple(int(s) for s in start[:modes]) for start in starts]
    found += [tuple(int(s) for s in _improved(start, matrix, coupling)[:modes]) for start in starts]
    return list(dict.fromkeys(found))


def _along_path(weights: Weights, modes: int, coupling: Coupling) -> tuple[int, ...] | None:
    """Return a placement with all interacting modes side by side, if these form paths and the sites form a path.

    A ring counts as the path 0, 1, .., n-1.
    """
    if not _has_path(coupling):
        return None
    degree = Counter(m for pair in weights for m in pair)
    near: dict[int, list[int]] = {m: [] for m in range(modes)}
    for a, b in weights:
        near[a].append(b)
        near[b].append(a)
    if max(degree.values(), default=0) > 2:
        return None
    order: list[int] = []
    seen: set[int] = set()
    for start in sorted(range(modes), key=lambda m: (degree[m] > 1, m)):  # ends of paths first
        at: int | None = start
        if start not in seen and degree[start] > 1:
            return None  # a cycle
        while at is not None and at not in seen:
            seen.add(at)
            order.append(at)
            at = next((m for m in near[at] if m not in seen), None)
    sites = [0] * modes
    for site, mode in enumerate(order):
        sites[mode] = site
    return tuple(sites)


def _spectral(matrix: NDArray[np.float64], coupling: Coupling) -> NDArray[np.int64]:
    """Return modes in the order of the Fiedler vector of what interacts, on sites in the order of the device's own."""
    n = coupling.sites
    along = np.arange(n)
    if not _has_path(coupling):
        device = np.zeros((n, n))
        for a, b in coupling.pairs:
            device[a, b] = device[b, a] = 1.0
        along = _fiedler(device)
    places = np.empty(n, dtype=np.int64)
    places[_fiedler(matrix)] = along
    return places


def _has_path(coupling: Coupling) -> bool:
    return {(i, i + 1) for i in range(coupling.sites - 1)} <= set(coupling.pairs)


def _fiedler(matrix: NDArray[np.float64]) -> NDArray[np.int64]:
    laplacian = np.diag(matrix.sum(axis=1)) - matrix
    vectors = np.linalg.eigh(laplacian + 1e-9 * np.diag(np.arange(len(matrix))))[1]
    vector = vectors[:, min(1, len(matrix) - 1)]
    vector = vector * (np.sign(vector[int(np.argmax(np.abs(vector)))]) or 1.0)  # eigenvectors have no sign: fix one
    return np.argsort(np.round(vector, 9), kind="stable")


def _improved(start: NDArray[np.int64], matrix: NDArray[np.float64], coupling: Coupling) -> NDArray[np.int64]:
    """Exchange two modes while that shortens the weighted sum of distances."""
    places = start.copy()
    n = len(places)
    for _ in range(SWEEPS):
        better = False
        for a, b in combinations(range(n), 2):
            old_a, old_b = coupling.distance[places[a]][places], coupling.distance[places[b]][places]
            difference = matrix[a] - matrix[b]
            difference[[a, b]] = 0.0
            if difference @ (old_b - old_a) < -1e-9:
                places[a], places[b] = places[b], places[a]
                better = True
        if not better:
            break
    return places


def coupling_of(profile: Profile, modes: int) -> Coupling | None:
    """Return the coupling of a profile; None if all modes couple. An unbounded line or ring is as long as the circuit.

    >>> from hardware_profiles import load_profile
    >>> coupling_of(load_profile("photonic-cubic"), 4) is None
    True
    """
    topology = profile.topology
    size = max(modes, 1) if topology.max_modes is None else int(topology.max_modes.value)
    if topology.kind in ("line", "ring"):
        return Coupling.of(topology.kind, size)
    if topology.kind == "pairs":
        pairs = {(min(pair), max(pair)) for pair in topology.pairs}
        return Coupling(max(size, 1 + max(b for _, b in pairs)), tuple(sorted(pairs)))
    return None
