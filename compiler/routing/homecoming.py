"""Swaps of neighbours that bring contents back to their sites."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from compiler.routing.coupling import Coupling

Swap = tuple[int, int]


def homecoming(content: Sequence[int], goal: Sequence[int], bound: Collection[int], coupling: Coupling) -> list[Swap]:
    """Return swaps after which every bound content is at its goal.

    Sites are settled from the rim of the device inwards: the content of a site without which the others stay connected
    moves there along a shortest path, and the site is closed. On a line that is an insertion sort, and no shorter
    sequence exists; elsewhere several sites are tried as the first.

    Parameters
    ----------
    content : sequence of int
        What is on every site.
    goal : sequence of int
        The site of every content that is bound; of others it is ignored.
    bound : collection of int
        Contents that must reach their goals. The others go to the sites that are left nearest to them.
    coupling : Coupling

    Examples
    --------
    >>> homecoming((1, 2, 0), (0, 1, 2), (0, 1, 2), Coupling.of("line", 3))
    [(2, 1), (1, 0)]
    """
    from scipy.optimize import linear_sum_assignment

    sites = range(coupling.sites)
    now = {c: s for s, c in enumerate(content)}
    if all(now[c] == goal[c] for c in bound):
        return []
    wanted = {goal[c]: c for c in bound}
    free = [c for c in sites if c not in set(bound)]
    left = [s for s in sites if s not in wanted]
    if free:
        steps = coupling.distance[np.ix_([now[c] for c in free], left)]
        rows, columns = linear_sum_assignment(steps**2)
        wanted.update({left[column]: free[row] for row, column in zip(rows, columns, strict=True)})
    if len(coupling.pairs) == coupling.sites * (coupling.sites - 1) // 2:
        first: list[int | None] = [None]
    else:
        first = [s for s in sites if _open(s, set(), coupling)]
    return min((_settled(list(content), wanted, coupling, start) for start in first), key=len)


def _settled(content: list[int], wanted: dict[int, int], coupling: Coupling, first: int | None) -> list[Swap]:
    swaps: list[Swap] = []
    site = {c: s for s, c in enumerate(content)}
    closed: set[int] = set()
    while len(closed) < coupling.sites:
        if first is not None and not closed:
            target = first
        else:
            rim = [s for s in range(coupling.sites) if s not in closed and _open(s, closed, coupling)]
            target = min(rim, key=lambda s: (int(coupling.distance[site[wanted[s]], s]), s))
        while site[wanted[target]] != target:
            at = site[wanted[target]]
            step = next_step(at, target, closed, coupling)
            swaps.append((at, step))
            content[at], content[step] = content[step], content[at]
            site[content[at]], site[content[step]] = at, step
        closed.add(target)
    return swaps


def next_step(start: int, goal: int, closed: Collection[int], coupling: Coupling) -> int:
    """Return the first step of a shortest path that avoids closed sites.

    >>> next_step(0, 3, {1}, Coupling.of("ring", 5))
    4
    """
    steps, waiting = {goal: 0}, [goal]
    for at in waiting:
        if at == start:
            break
        for other in coupling.neighbours[at]:
            if other not in steps and other not in closed:
                steps[other] = steps[at] + 1
                waiting.append(other)
    return min((s for s in coupling.neighbours[start] if s in steps), key=lambda s: (steps[s], s))


def _open(site: int, closed: Collection[int], coupling: Coupling) -> bool:
    """Return whether the other open sites stay connected without this one."""
    left = [s for s in range(coupling.sites) if s not in closed and s != site]
    if not left:
        return True
    seen, waiting = {left[0]}, [left[0]]
    for at in waiting:
        for other in coupling.neighbours[at]:
            if other != site and other not in closed and other not in seen:
                seen.add(other)
                waiting.append(other)
    return len(seen) == len(left)
