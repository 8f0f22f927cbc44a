"""Number nodes as modes, and keep their names as labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from compiler.errors import InputError
from compiler.ir.serialize import MAX_MODES
from qumode_khrnn.network.formats.text import MAX_EDGES, label_text, quoted
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

INTEGER = re.compile(r"0|[1-9][0-9]*", re.ASCII)
"""An integer >= 0 as people write it; with leading zeros it is text."""


@dataclass(frozen=True, slots=True)
class HypergraphFile:
    """A hypergraph, how its file was read, and what the reader ignored or assumed."""

    graph: Hypergraph
    form: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nodes:
    """The mode of every node, and the labels of all modes (empty where every node is called by its mode's number)."""

    modes: int
    index: Mapping[str, int] = field(repr=False)
    labels: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """A note if there are modes that no node of the file has become."""
        idle = self.modes - len(self.index)
        if not idle:
            return ()
        taken = set(self.index.values())
        first = next(mode for mode in range(self.modes) if mode not in taken)
        which = f"mode {first} belongs" if idle == 1 else f"{idle} modes, the first of them mode {first}, belong"
        return (f"nodes keep the numbers that they have in the file, and {which} to no node",)

    def edge(self, members: Sequence[str], weight: float, where: str) -> Hyperedge:
        """Return the edge of these nodes.

        Raises
        ------
        InputError
            If a node is named twice, or the weight is not finite.
        """
        try:
            return Hyperedge(tuple(self.index[name] for name in members), weight)
        except InputError as error:
            seen: set[str] = set()
            for name in members:
                if name in seen:
                    raise InputError(f"{where}: names node {quoted(name)} twice") from None
                seen.add(name)
            raise InputError(f"{where}: {error}") from None


def number_nodes(names: Iterable[str], where: str, first: int = 0, labels: Mapping[str, str] | None = None) -> Nodes:
    """Return the number nodes as modes: integers keep their number, other names are numbered as they first appear.

    Parameters
    ----------
    names : iterable of str
        Names of nodes in the order of the file; repetitions are allowed.
    where : str
        The file, for messages.
    first : int
        Number of the first node in the format: integers ``first, first + 1, ..`` become modes 0, 1, ..
    labels : mapping, optional
        Names of some nodes for people to read.

    Returns
    -------
    Nodes
        If all names are integers in ``first .. first + MAX_MODES - 1``, node i becomes mode ``i - first``, and modes
        between them belong to no edge. Otherwise nodes are numbered 0, 1, .. in order of first appearance. Labels are
        what the nodes are called in the file, unless that is the number of the mode for all of them.

    Raises
    ------
    InputError
        If there are no nodes, or more than `MAX_MODES`.

    Examples
    --------
    >>> number_nodes(["2", "0"], "example").modes, number_nodes(["bob", "alice", "bob"], "example").labels
    (3, ('bob', 'alice'))
    """
    found = list(dict.fromkeys(names))
    if not found:
        raise InputError(f"{where}: has no nodes")
    if len(found) > MAX_MODES:
        raise InputError(f"{where}: has {len(found)} nodes; at most {MAX_MODES} become modes")
    if all(INTEGER.fullmatch(name) and len(name) <= len(str(MAX_MODES)) for name in found):
        numbers = {name: int(name) - first for name in found}
        if min(numbers.values()) >= 0 and max(numbers.values()) < MAX_MODES:
            modes = 1 + max(numbers.values())
            if first == 0 and not labels:
                return Nodes(modes, numbers, ())
            every = [str(mode + first) for mode in range(modes)]
            return Nodes(modes, numbers, tuple(label_text((labels or {}).get(name, name)) for name in every))
    index = {name: mode for mode, name in enumerate(found)}
    return Nodes(len(found), index, tuple(label_text((labels or {}).get(name, name)) for name in found))


def require_few_edges(count: int, where: str) -> None:
    """Raise InputError if a file holds more hyperedges than `MAX_EDGES`."""
    if count > MAX_EDGES:
        raise InputError(f"{where}: has more than {MAX_EDGES} hyperedges, the most that are read")
