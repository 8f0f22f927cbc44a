"""List every law of an answer, and read laws from files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from compiler.errors import InputError
from compiler.files import number
from simulations.laws.discrete import DiscreteLaw, bit
from simulations.laws.product import ProductLaw
from simulations.laws.real import NormalLaw, QuadraticLaw
from simulations.laws.triad import TriadLaw

RealLaw: TypeAlias = NormalLaw | QuadraticLaw | ProductLaw | TriadLaw
AnyLaw: TypeAlias = RealLaw | DiscreteLaw

_FIELDS: dict[str, tuple[Callable[..., AnyLaw], tuple[str, ...]]] = {
    "normal": (NormalLaw, ("mean", "variance")),
    "quadratic": (QuadraticLaw, ("constant", "linear", "quadratic", "noise")),
    "product": (ProductLaw, ("constant", "factor", "means", "variances", "noise")),
    "triad": (TriadLaw, ("weight", "means", "variances", "momenta", "noise", "answers", "quantum")),
    "discrete": (DiscreteLaw, ("probabilities",)),
    "bit": (bit, ("plus",)),
}


def law_from_json(data: object, outcomes: tuple[int, ...] | None, where: str) -> AnyLaw:
    """Read what a law's ``to_json`` wrote.

    Parameters
    ----------
    outcomes : tuple of int, optional
        The answers of the alphabet; None for real numbers.

    Raises
    ------
    InputError
        If the data is not a law of that alphabet.
    """
    kind = data.get("law") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(kind, str) or kind not in _FIELDS:
        raise InputError(f"{where}: a law must be one of {', '.join(_FIELDS)}, found {str(data)[:80]}")
    made, names = _FIELDS[kind]
    if set(data) != {"law", *names}:
        raise InputError(
            f"{where}: a {kind} law must have the fields {', '.join(names)}, found {sorted(set(data) - {'law'})}"
        )
    try:
        law = made(**{name: _value(data[name], name) for name in names})
    except InputError as error:
        raise InputError(f"{where}: not a law: {error}") from None
    found = law.outcomes if isinstance(law, DiscreteLaw) else None
    if (found is None) != (outcomes is None) or (found and outcomes and found[0] != outcomes[0]):
        raise InputError(f"{where}: a {kind} law does not belong to this alphabet")
    if found and outcomes and len(found) != len(outcomes):
        raise InputError(f"{where}: must have {len(outcomes)} probabilities, found {len(found)}")
    return law


def _value(value: object, name: str) -> Any:
    if name == "quantum":
        if not isinstance(value, bool):
            raise InputError(f"quantum must be true or false, found {value!r}")
        return value
    if name not in ("linear", "quadratic", "means", "variances", "momenta", "answers", "probabilities"):
        return number(value, name)
    if not isinstance(value, list):
        raise InputError(f"{name} must be a list, found {value!r}")
    return tuple(number(v, name) for v in value)
