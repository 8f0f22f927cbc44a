r"""Reduce phase gates of degree 4 and more to degree 3, with a borrowed mode.

For polynomials f, g of positions other than that of mode a,

``exp(i f g / hbar) = exp(i f p_a / hbar) exp(i g x_a / hbar) exp(-i f p_a / hbar) exp(-i g x_a / hbar)``,

exactly, whatever the state of a, which comes back unchanged: any mode that the polynomial leaves out can be borrowed,
and an ancilla is added only where it leaves out no mode. ``f p_a`` is ``f x_a`` between Fourier rotations of a. The
factors ``x_a f`` and ``x_a g`` have degree (deg f) + 1 and (deg g) + 1; what is still above 3 is reduced again.

A product of k positions takes ``C(k) = min over a of 2 C(a+1) + 2 C(k-a+1)`` cubic gates by polarization, C(3) = 4:
16, 40, 64 for k = 4, 5, 6. Monomials with a common factor f share the four gates.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import pi

from compiler.ir.circuit import Circuit
from compiler.ir.operations import ENDS, PREPARATIONS, Operation, PolynomialPhase, Rotation, phase
from compiler.ir.polynomial import Monomial, Polynomial
from compiler.passes.base import Guarantee, PassResult
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class ReduceOrder:
    """Replace phases of degree 4 or more for which the profile has no native power. Exact. Idempotent.

    The pass does nothing where the profile lacks rotations: the phase is then refused later, with its reason.
    """

    name: str = "reduce_order"
    guarantee: Guarantee = Guarantee.EXACT

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Reduce every phase gate."""
        if not profile.is_native("Rotation"):
            return PassResult(circuit, "the profile has no rotations to reduce orders with")
        lending = _Lending(circuit)
        out: list[Operation] = []
        count = 0
        for op in circuit.operations:
            lending.pass_by(op)
            if not isinstance(op, PolynomialPhase):
                out.append(op)
                continue
            low, high = _split(op.polynomial, profile)
            if not high:
                out.append(op)
                continue
            count += 1
            if low:
                out.append(phase(low))
            out += _reduced(high, frozenset(), lending, profile)
        added = lending.modes - circuit.modes
        new = Circuit(
            lending.modes,
            tuple(out),
            circuit.ancillas + tuple(range(circuit.modes, lending.modes)),
            circuit.symbols,
        )
        return PassResult(new, f"reduced {count} phase gates, {added} modes added")


class _Lending:
    """Which modes can be borrowed now; the one that was borrowed least goes first.

    The circuit's ancillas are not lent: they may hold nothing between the readouts that they serve.
    """

    def __init__(self, circuit: Circuit) -> None:
        self.modes = circuit.modes
        self.ancillas = frozenset(circuit.ancillas)
        self.measured: set[int] = set()
        self.used: Counter[int] = Counter()

    def pass_by(self, op: Operation) -> None:
        if isinstance(op, ENDS):
            self.measured |= set(op.modes)
        elif isinstance(op, PREPARATIONS):
            self.measured -= set(op.modes)

    def borrow(self, busy: frozenset[int]) -> int:
        unfit = busy | self.ancillas | self.measured
        free = [m for m in range(self.modes) if m not in unfit]
        if not free:
            free = [self.modes]
            self.modes += 1
        mode = min(free, key=lambda m: (self.used[m], m))
        self.used[mode] += 1
        return mode


def _degree(key: Monomial) -> int:
    return sum(power for v, power in key if isinstance(v, int))


def _split(polynomial: Polynomial, profile: Profile) -> tuple[Polynomial, Polynomial]:
    """Split a polynomial into the part that can be lowered as it is and the part that must be reduced."""
    low: dict[Monomial, float] = {}
    high: dict[Monomial, float] = {}
    for key, coefficient in polynomial.terms.items():
        degree = _degree(key)
        (low if degree <= 3 or profile.allows_order(degree) else high)[key] = coefficient
    return Polynomial(low), Polynomial(high)


def _reduced(polynomial: Polynomial, lent: frozenset[int], lending: _Lending, profile: Profile) -> list[Operation]:
    out: list[Operation] = []
    for f, g in _factored(polynomial):
        a = lending.borrow(lent | {v for v in (*f.variables, *g.variables) if isinstance(v, int)})

        def gate(factor: Polynomial, a: int = a) -> list[Operation]:
            low, high = _split(_times(factor, a), profile)
            return [*([phase(low)] if low else []), *_reduced(high, lent | {a}, lending, profile)]

        out += [
            *gate(-g),
            Rotation((a,), -pi / 2),
            *gate(-f),
            Rotation((a,), pi / 2),
            *gate(g),
            Rotation((a,), -pi / 2),
            *gate(f),
            Rotation((a,), pi / 2),
        ]
    return out


def _times(polynomial: Polynomial, mode: int) -> Polynomial:
    total: dict[Monomial, float] = {}
    for key, coefficient in polynomial.terms.items():
        variables = [v for v, power in key for _ in range(power)]
        (monomial,) = Polynomial.monomial([*variables, mode]).terms
        total[monomial] = coefficient
    return Polynomial(total)


def _factored(polynomial: Polynomial) -> list[tuple[Polynomial, Polynomial]]:
    """Return ``sum f g`` with monomials f, each the common factor of as many open monomials as possible."""
    waiting = dict(polynomial.terms)
    out: list[tuple[Polynomial, Polynomial]] = []
    while waiting:
        degree = max(_degree(key) for key in waiting)
        votes: dict[Monomial, list[Monomial]] = {}
        for key in waiting:
            if _degree(key) == degree:
                for factor in _factors(key):
                    votes.setdefault(factor, []).append(key)
        best = max(votes, key=lambda factor: len(votes[factor]))
        cofactors = {_quotient(key, best): waiting.pop(key) for key in votes[best]}
        scale = max(abs(c) for c in cofactors.values()) ** 0.5  # equal strengths on both sides
        if any(isinstance(v, str) for key in cofactors for v, _ in key):
            scale = 1.0
        out.append((Polynomial({best: scale}), Polynomial({key: c / scale for key, c in cofactors.items()})))
    return out


def _factors(key: Monomial) -> list[Monomial]:
    """Return the factors of the position part of a monomial that split it at the least cost."""
    modes = tuple(item for item in key if isinstance(item[0], int))
    splits = _splits(tuple(power for _, power in modes))
    least = min(splits.values())
    return [
        tuple((v, power) for (v, _), power in zip(modes, split, strict=True) if power)
        for split, cost in splits.items()
        if cost == least
    ]


@cache
def _splits(powers: tuple[int, ...]) -> dict[tuple[int, ...], int]:
    """Return the cubic gates of every way to split a monomial with these powers in two factors of degree 2 or more."""
    degree = sum(powers)
    return {
        part: 2 * cubic_cost((*part, 1)) + 2 * cubic_cost((*(p - q for p, q in zip(powers, part, strict=True)), 1))
        for part in product(*(range(power + 1) for power in powers))
        if 2 <= sum(part) <= degree - 2
    }


def cubic_cost(powers: tuple[int, ...]) -> int:
    """Return the cubic gates of one monomial with these powers, by order reduction and polarization.

    >>> [cubic_cost((1,) * k) for k in (2, 3, 4, 5, 6)], cubic_cost((4,)), cubic_cost((2, 2))
    ([0, 4, 16, 40, 64], 12, 12)
    """
    return _cost(tuple(sorted(power for power in powers if power)))


@cache
def _cost(powers: tuple[int, ...]) -> int:
    if sum(powers) < 3:
        return 0
    if sum(powers) == 3:
        return (1, 3, 4)[len(powers) - 1]
    return min(_splits(powers).values())


def _quotient(key: Monomial, factor: Monomial) -> Monomial:
    divisor = dict(factor)
    return tuple((v, power - divisor.get(v, 0)) for v, power in key if power > divisor.get(v, 0))
