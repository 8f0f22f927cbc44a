"""Benson's sets of simplices: three files of one integer per line, and optionally the names of the nodes.

``NAME-nverts.txt`` holds the size of every simplex, ``NAME-simplices.txt`` the nodes of all simplices one after
another, numbered from 1 on, and ``NAME-times.txt`` when each was seen. ``NAME-node-labels.txt`` holds lines such as
``17 jane.doe@example.com``. Any of the files, their folder, or ``NAME`` itself names the set.

Source: A. R. Benson et al., PNAS 115, E11221 (2018); https://github.com/arbenson/ScHoLP-Tutorial (read on 2026-11-29).
"""

from __future__ import annotations

import re
from pathlib import Path

from compiler.errors import InputError
from qumode_khrnn.network.formats.nodes import HypergraphFile, number_nodes, require_few_edges
from qumode_khrnn.network.formats.text import numbered_lines, quoted, read_bounded
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

NVERTS, SIMPLICES, TIMES, LABELS = "-nverts.txt", "-simplices.txt", "-times.txt", "-node-labels.txt"
ENDINGS = (NVERTS, SIMPLICES, TIMES, LABELS, "-simplex-labels.txt")
INTEGER = re.compile(r"-?[0-9]{1,18}")


def benson_name(path: Path) -> str | None:
    """Return the common beginning of the paths of a set's files if a path names such a set; else None.

    Raises
    ------
    InputError
        If a folder holds several sets.
    """
    if path.is_dir():
        found = sorted(path.glob(f"*{NVERTS}"))
        if len(found) > 1:
            raise InputError(f"{path}: holds several sets of simplices; give one of them, such as {found[0]}")
        return str(found[0]).removesuffix(NVERTS) if found else None
    whole = str(path)
    for ending in ENDINGS:
        name = whole.removesuffix(ending)
        if name != whole and any(Path(name + other).exists() for other in (NVERTS, SIMPLICES)):
            return name
    return whole if not path.exists() and Path(whole + NVERTS).exists() else None


def read_benson(name: str) -> HypergraphFile:
    """Read a set of simplices. A simplex that is listed m times becomes one edge of weight m; times are ignored.

    Parameters
    ----------
    name : str
        Common beginning of the paths of the files, from `benson_name`.

    Raises
    ------
    InputError
        If a file is missing or holds anything but integers, or the numbers of lines do not agree.
    """
    nverts, simplices, times, labels = (Path(name + ending) for ending in (NVERTS, SIMPLICES, TIMES, LABELS))
    sizes, flat = _integers(nverts), _integers(simplices)
    require_few_edges(len(sizes), str(nverts))
    if (smallest := min(sizes, default=1)) < 1:
        raise InputError(f"{nverts}: a simplex needs at least one node, found {smallest}")
    if sum(sizes) != len(flat):
        raise InputError(
            f"{simplices}: must have {sum(sizes)} lines, the sum of the sizes in {nverts.name}, found {len(flat)}"
        )
    if (smallest := min(flat, default=1)) < 1:
        raise InputError(f"{simplices}: nodes are numbered from 1 on, found {smallest}")
    if times.exists() and (count := len(_integers(times))) != len(sizes):
        raise InputError(f"{times}: must have one line per simplex of {nverts.name}, {len(sizes)}, found {count}")
    called = _labels(labels) if labels.exists() else {}
    texts = {node: str(node) for node in flat}
    nodes = number_nodes(texts.values(), str(simplices), first=1, labels=called)
    counts: dict[tuple[int, ...], int] = {}
    start = 0
    for number, size in enumerate(sizes, start=1):
        members = [texts[node] for node in flat[start : start + size]]
        modes = nodes.edge(members, 1.0, f"{simplices}: simplex {number}").modes
        counts[modes] = counts.get(modes, 0) + 1
        start += size
    edges = tuple(Hyperedge(modes, float(count)) for modes, count in counts.items())
    shifted = all(mode == int(node) - 1 for node, mode in nodes.index.items())
    numbering = "node i is mode i - 1" if shifted else "modes are numbered as nodes first appear"
    form = f"set of {len(sizes)} simplices; the weight of an edge is how often it is listed; {numbering}"
    return HypergraphFile(Hypergraph(nodes.modes, edges, nodes.labels), form, nodes.notes)


def _integers(path: Path) -> list[int]:
    """Return one integer per line."""
    found = []
    for number, line in numbered_lines(read_bounded(path), str(path), ("%", "#")):
        if not INTEGER.fullmatch(line):
            raise InputError(f"{path}: line {number}: must be one integer, found {quoted(line)}")
        found.append(int(line))
    return found


def _labels(path: Path) -> dict[str, str]:
    """Return the names of nodes, by number."""
    labels: dict[str, str] = {}
    for number, line in numbered_lines(read_bounded(path), str(path), ()):
        node, _, label = line.partition(" ")
        if not INTEGER.fullmatch(node) or not label.strip():
            raise InputError(f"{path}: line {number}: must be a node's number and its name, found {quoted(line)}")
        if labels.setdefault(node, label.strip()) != label.strip():
            raise InputError(f"{path}: line {number}: node {node} has a second name, {quoted(label)}")
    return labels
