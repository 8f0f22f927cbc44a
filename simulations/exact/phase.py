"""Polynomials whose coefficients are arrays over shots: the phases of the exact simulator.

A phase is a dict from key to coefficient: the key lists the variables of a monomial with repetition, sorted, and the
coefficient has shape (1,) where all shots share it, else (shots,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from compiler.typing import Array

Key = tuple[int, ...]
Phase = dict[Key, Array]

CANCELLATION_FLOOR = 1e-14
"""A sum this much smaller than its larger part is rounding noise of a cancellation, and counts as zero."""


def add(phase: Phase, key: Key, coefficient: Array) -> None:
    """Add one monomial in place; what cancels to rounding noise is removed."""
    old = phase.get(key)
    if old is None:
        if coefficient[0] != 0.0 or np.any(coefficient):
            phase[key] = coefficient
        return
    new = old + coefficient
    # what cancels does so in all shots: one look at the first tells that nothing did
    if abs(new[0]) <= CANCELLATION_FLOOR * max(abs(old[0]), abs(coefficient[0])) and np.all(
        np.abs(new) <= CANCELLATION_FLOOR * np.maximum(np.abs(old), np.abs(coefficient))
    ):
        del phase[key]
    else:
        phase[key] = new


def product(left: Phase, right: Phase) -> Phase:
    """Product of two polynomials."""
    out: Phase = {}
    for key_left, a in left.items():
        for key_right, b in right.items():
            add(out, tuple(sorted(key_left + key_right)), a * b)
    return out


def substitute(phase: Phase, form: Callable[[int], Phase]) -> Phase:
    """The phase with every variable v replaced by the polynomial ``form(v)``, by Horner's scheme."""
    forms: dict[int, Phase] = {}

    def expanded(terms: Phase) -> Phase:
        out: Phase = {}
        factors: dict[int, Phase] = {}  # terms = constant + sum_v factors[v] v
        for key, coefficient in terms.items():
            if key:
                factors.setdefault(key[-1], {})[key[:-1]] = coefficient
            else:
                add(out, key, coefficient)
        for variable, factor in factors.items():
            if variable not in forms:
                forms[variable] = form(variable)
            for new_key, value in product(expanded(factor), forms[variable]).items():
                add(out, new_key, value)
        return out

    return expanded(phase)


def involving(phase: Phase, variables: Iterable[int]) -> Phase:
    """Take the monomials that contain any of the variables out of the phase, in place, and return them."""
    wanted = set(variables)
    taken = {key: value for key, value in phase.items() if not wanted.isdisjoint(key)}
    for key in taken:
        del phase[key]
    return taken


def by_power(phase: Phase, variable: int) -> list[Phase]:
    """Coefficients ``[f_0, f_1, ..]`` of ``phase = sum_d f_d variable^d``."""
    parts: list[Phase] = [{}]
    for key, coefficient in phase.items():
        power = key.count(variable)
        while len(parts) <= power:
            parts.append({})
        parts[power][tuple(v for v in key if v != variable)] = coefficient
    return parts
