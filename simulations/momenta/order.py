"""Order the readouts so that few modes are live at a time: min-fill elimination of the coupling graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Read:
    """One step: the mode that is read, and the unread modes that its amplitude depends on.

    Attributes
    ----------
    mode : int
    live : tuple of int
        Modes that stay on their grids, in an outer loop.
    fresh : int or None
        A mode that becomes live by this step: the amplitude is summed over ``mode`` for all its positions together.
    """

    mode: int
    live: tuple[int, ...]
    fresh: int | None

    @property
    def around(self) -> tuple[int, ...]:
        """All modes that the amplitude depends on afterwards."""
        return self.live if self.fresh is None else (*self.live, self.fresh)


def elimination(modes: int, couplings: Iterable[tuple[int, ...]]) -> tuple[Read, ...]:
    """Return an order of reading that adds few links; ties go to few neighbours, then to the first mode.

    Examples
    --------
    >>> [(read.mode, read.around) for read in elimination(4, [(0, 1, 2), (1, 2, 3)])]
    [(0, (1, 2)), (1, (2, 3)), (2, (3,)), (3, ())]
    """
    links: dict[int, set[int]] = {m: set() for m in range(modes)}
    for coupling in couplings:
        for a, b in combinations(set(coupling), 2):
            links[a].add(b)
            links[b].add(a)

    def fill(mode: int) -> int:
        return sum(b not in links[a] for a, b in combinations(links[mode], 2))

    costs = {m: fill(m) for m in links}
    found: list[tuple[int, set[int]]] = []
    while links:
        mode = min(links, key=lambda m: (costs[m], len(links[m]), m))
        around = links.pop(mode)
        found.append((mode, around))
        for a in around:
            links[a] |= around
            links[a] -= {a, mode}
        for m in around | {other for a in around for other in links[a]}:
            costs[m] = fill(m)
    return _steps(found)


def _steps(found: list[tuple[int, set[int]]]) -> tuple[Read, ...]:
    place = {mode: at for at, (mode, _) in enumerate(found)}
    held: list[set[int]] = []
    steps: list[Read] = []
    for mode, around in found:
        old = set().union(*(axes for axes in held if mode in axes)) - {mode}
        held = [axes for axes in held if mode not in axes] + ([around] if around else [])
        fresh = max(around - old, key=place.__getitem__, default=None)
        live = sorted(around - {fresh}, key=place.__getitem__)
        steps.append(Read(mode, tuple(live), fresh))
    return tuple(steps)
