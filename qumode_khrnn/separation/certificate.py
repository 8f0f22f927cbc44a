r"""Write and check the certificate of the memory theorem for k = 2, independently of the search.

The certificate lists 512 refutations: for every triple of graph states that docs/hsmt.md needs, a tree of readouts. The
check walks every tree with amplitudes in whole numbers: a branch is closed if the answer has amplitude 0 everywhere for
the state that is named, and each branch that is not closed must go on. The triples are counted again from the theorem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import comb
from pathlib import Path
from typing import Any

from compiler.errors import InputError
from compiler.files import read_json, require_format

FORMAT = "qumode-khrnn/bound-certificate"
VERSION = 1
FILE = "bound.json"
"""Name of the file in its folder."""

TRIPLES = 512
"""Refutations of a certificate: 256 on three modes, 256 on four."""

MOST_DEPTH = 20
"""Largest depth of a tree; deeper trees are refused."""

CLAIM = (
    "A classical online model, private randomness included, that never gives an answer of probability zero on any "
    "sentence over modular(2) with k = 2, can be, after the edges are written, in at least 2^bits memory states."
)

Key = tuple[int, tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """The result of the check.

    Attributes
    ----------
    modes, bits : int
        The claim: a memory for this many modes needs this many bits.
    triples, paths, deepest : int
        Number of refutations walked, of paths of answers in them, and of readouts on the longest path.
    problems : tuple of str
        Why the certificate does not hold; empty if it does.
    """

    modes: int
    bits: int
    triples: int
    paths: int
    deepest: int
    problems: tuple[str, ...]


def certificate(modes: int, refutations: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the certificate that n modes need binom(n, 2) - 1 bits, as plain data."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "modes": modes,
        "k": 2,
        "bits": comb(modes, 2) - 1,
        "claim": CLAIM,
        "refutations": refutations,
    }


def is_certificate(path: Path) -> bool:
    """Tell whether a path is a certificate of this theorem, or a folder that holds one."""
    return (path.is_file() and path.name == FILE) or (path / FILE).is_file()


def check_certificate(path: Path) -> BoundCheck:
    """Check a certificate from its file alone.

    Parameters
    ----------
    path : Path
        The file, or its folder.

    Raises
    ------
    InputError
        If the file cannot be read or is no certificate.
    """
    file = path / FILE if path.is_dir() else path
    data = require_format(read_json(file), FORMAT, VERSION, str(file))
    modes, bits, listed = data.get("modes"), data.get("bits"), data.get("refutations")
    if not isinstance(modes, int) or not isinstance(bits, int) or not isinstance(listed, list):
        raise InputError(f"{file}: must have whole numbers modes and bits, and a list of refutations")
    problems = []
    if modes < 3 or data.get("k") != 2 or bits != comb(modes, 2) - 1 or data.get("claim") != CLAIM:
        problems.append(
            f"claims {bits} bits for {modes} modes; the theorem gives binom(n, 2) - 1, for k = 2 and n >= 3"
        )
    wanted, paths, deepest = set(_wanted()), 0, 0
    for number, one in enumerate(listed):
        where = f"refutation {number}"
        key = _key(one, f"{file}: {where}")
        if key not in wanted:
            problems.append(f"{where}: its triple is not one of the theorem's, or is listed twice")
            continue
        wanted.remove(key)
        walk = _Walk(key[0])
        walk.follow(one["tree"], _states(key), 0)
        paths, deepest = paths + walk.paths, max(deepest, walk.deepest)
        problems += [f"{where}: {text}" for text in walk.problems]
    if wanted:
        problems.append(f"{len(wanted)} of the theorem's {TRIPLES} triples are missing")
    return BoundCheck(modes, bits, len(listed), paths, deepest, tuple(problems))


def _wanted() -> Iterator[Key]:
    """Yield the triples of the theorem: patterns on three and four modes, each with all linear terms."""
    for t in (3, 4):
        subsets = [tuple(i for i in range(t) if bits >> i & 1) for bits in range(2**t)]
        for more_a, more_b in product(((), ((1, 2),)), repeat=2) if t == 3 else [((), ())]:
            second = (0, 2) if t == 3 else (2, 3)
            for one, two in product(subsets, repeat=2):
                yield t, ((0, 1), *more_a), (second, *more_b), one, two


def _key(one: Any, where: str) -> Key:
    try:
        edges = [tuple(tuple(_whole(i) for i in edge) for edge in one[name]) for name in ("a", "b")]
        linear = [tuple(_whole(i) for i in one[name]) for name in ("linear_a", "linear_b")]
        _ = one["tree"]
        return _whole(one["qubits"]), edges[0], edges[1], linear[0], linear[1]
    except (TypeError, KeyError):
        raise InputError(f"{where}: must have qubits, edges a and b, linear_a, linear_b and a tree") from None


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value


Amplitudes = list[int]
"""Amplitudes of z = sum_i z_i 2^i."""


def _states(key: Key) -> list[Amplitudes]:
    qubits, a, b, linear_a, linear_b = key

    def state(edges: tuple[tuple[int, ...], ...], linear: tuple[int, ...]) -> Amplitudes:
        out = []
        for z in range(2**qubits):
            power = sum((z >> i & 1) * (z >> j & 1) for i, j in edges) + sum(z >> i & 1 for i in linear)
            out.append(-1 if power % 2 else 1)
        return out

    return [state((), ()), state(a, linear_a), state(b, linear_b)]


class _Walk:
    """Follows every path of answers of one tree."""

    def __init__(self, qubits: int) -> None:
        self.qubits = qubits
        self.paths = self.deepest = 0
        self.problems: list[str] = []

    def follow(self, tree: Any, states: list[Amplitudes], depth: int) -> None:
        match tree:
            case [[("x" | "p") as quadrature, int() as mode, list() as partners], zero, one] if (
                depth < MOST_DEPTH
                and 0 <= mode < self.qubits
                and all(isinstance(j, int) and 0 <= j < self.qubits and j != mode for j in partners)
                and (quadrature == "p" or not partners)
            ):
                for answer, branch in enumerate((zero, one)):
                    self._branch(
                        branch, [self._found(s, quadrature, mode, partners, answer) for s in states], depth + 1
                    )
            case _:
                self.problems.append("a tree must be a readout and two branches")

    def _branch(self, branch: Any, states: list[Amplitudes], depth: int) -> None:
        self.deepest = max(self.deepest, depth)
        if isinstance(branch, list):
            self.follow(branch, states, depth)
            return
        self.paths += 1
        if not isinstance(branch, int) or isinstance(branch, bool) or not 0 <= branch < len(states):
            self.problems.append("a path must end with one of the three states")
        elif any(states[branch]):
            self.problems.append(f"an answer that closes a path is possible for state {branch}")

    def _found(self, state: Amplitudes, quadrature: str, mode: int, partners: list[int], answer: int) -> Amplitudes:
        """Return twice the state after an answer."""
        out = []
        for z, value in enumerate(state):
            if quadrature == "x":
                moved = -value if z >> mode & 1 else value
            else:
                moved = state[z ^ 1 << mode] * (-1) ** sum(z >> j & 1 for j in partners)
            out.append(value - moved if answer else value + moved)
        return out
