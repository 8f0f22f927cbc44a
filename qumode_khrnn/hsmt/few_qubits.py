r"""Compute states and readouts of a few qubits in whole numbers, for triple probes and their refutations.

A state is the tuple of its 2^t amplitudes up to a factor, in whole numbers: divided by their greatest common divisor,
the first that is not 0 positive. Amplitude z = (z_0, .., z_{t-1}) stands at the number whose binary digits are z_0 ..
z_{t-1}. A readout is ``Z_i``, or ``X_i Z^S`` with S a set of other qubits: the token ``Q(i)``, or ``P(i)`` between two
rounds of the tokens ``E({i, j}, 1)`` for j in S.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from math import gcd

State = tuple[int, ...]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """``Z_i`` (quadrature "x"), or ``X_i Z^S`` (quadrature "p", S in ``partners``)."""

    quadrature: str
    mode: int
    partners: tuple[int, ...] = ()


@lru_cache(maxsize=8)
def readings(qubits: int) -> tuple[Reading, ...]:
    """Return all readouts of t qubits: t of positions, and t 2^(t-1) of momenta.

    >>> len(readings(3))
    15
    """
    out = []
    for mode in range(qubits):
        out.append(Reading("x", mode))
        others = [j for j in range(qubits) if j != mode]
        for size in range(qubits):
            out += [Reading("p", mode, partners) for partners in combinations(others, size)]
    return tuple(out)


def graph_state(qubits: int, edges: Iterable[Pair], linear: Iterable[int] = ()) -> State:
    """Return the state ``sum_z (-1)^{sum_{ij in edges} z_i z_j + sum_{i in linear} z_i} |z>``.

    >>> graph_state(2, [(0, 1)])
    (1, 1, 1, -1)
    """
    pairs, points = tuple(edges), tuple(linear)
    return tuple(
        1 - 2 * ((sum(z[i] * z[j] for i, j in pairs) + sum(z[i] for i in points)) % 2)
        for z in product((0, 1), repeat=qubits)
    )


@lru_cache(maxsize=200_000)
def after(state: State, reading: Reading) -> tuple[State | None, State | None]:
    """Return the states after the answers 0 and 1, None for an answer that is impossible."""
    qubits = len(state).bit_length() - 1
    flip = 1 << (qubits - 1 - reading.mode)
    if reading.quadrature == "x":
        moved = [-value if at & flip else value for at, value in enumerate(state)]
    else:
        signs = [1 << (qubits - 1 - j) for j in reading.partners]
        moved = [(-1) ** sum(bool(at & bit) for bit in signs) * state[at ^ flip] for at in range(len(state))]
    return _normal(a + b for a, b in zip(state, moved, strict=True)), _normal(
        a - b for a, b in zip(state, moved, strict=True)
    )


def _normal(values: Iterable[int]) -> State | None:
    amplitudes = tuple(values)
    divisor = gcd(*amplitudes)
    if divisor == 0:
        return None
    if next(value for value in amplitudes if value) < 0:
        divisor = -divisor
    return tuple(value // divisor for value in amplitudes)
