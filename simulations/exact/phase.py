"""Compute with polynomials whose coefficients are arrays over shots: the phases of the exact simulator.

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
    """Add one monomial in place; monomials that cancel to rounding noise are removed."""
    old = phase.get(key)
    if old is None:
        if coefficient[0] != 0.0 or np.any(coefficient):
            phase[key] = coefficient
        return
    new = old + coefficient
    # a cancellation occurs in all shots: checking the first shot is enough
    if abs(new[0]) <= CANCELLATION_FLOOR * max(abs(old[0]), abs(coefficient[0])) and np.all(
        np.abs(new) <= CANCELLATION_FLOOR * np.maximum(np.abs(old), np.abs(coefficient))
    ):
        del phase[key]
    else:
        phase[key] = new


def product(left: Phase, right: Phase) -> Phase:
    """Return the product of two polynomials."""
    out: Phase = {}
    for key_left, a in left.items():
        for key_right, b in right.items():
            add(out, tuple(sorted(key_left + key_right)), a * b)
    return out


def substitute(phase: Phase, form: Callable[[int], Phase]) -> Phase:
    """Return the phase with every variable v replaced by the polynomial ``form(v)``, by Horner's scheme."""
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
    """Return the coefficients ``[f_0, f_1, ..]`` of ``phase = sum_d f_d variable^d``."""
    parts: list[Phase] = [{}]
    for key, coefficient in phase.items():
        power = key.count(variable)
        while len(parts) <= power:
            parts.append({})
        parts[power][tuple(v for v in key if v != variable)] = coefficient
    return parts
