"""The certificate of a program: what was proved and how, bound by SHA-256 to the texts of the files it certifies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from compiler.errors import InputError
from compiler.files import json_text
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PolynomialPhase
from compiler.ir.serialize import polynomial_to_json
from compiler.pipeline import CompiledProgram

FORMAT = "qumode-khrnn/certificate"
VERSION = 2

CLAIMS = {
    *("format", "version", "sha256", "profile", "source", "passes", "strategies", "method", "precision"),
    *("ideal_resources", "points", "tolerance", "residual", "equivalent", "settings", "digest"),
}
"""Names of the entries of a certificate."""

SHOWN_MONOMIALS = 64
"""Largest number of monomials that a certificate lists; of larger sources it states the number and the degree only."""

MAX_DIGITS = 1000
"""Largest precision that a certificate may ask for."""


def certificate(
    program: CompiledProgram, certified: Mapping[str, str], settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """State what was proved of a program, and how.

    Parameters
    ----------
    program : CompiledProgram
    certified : mapping from file name to text
        Texts of the source, the program, the profile, the layout and the exports.
    settings : mapping, optional
        Settings of the compilation. Like the list of passes, they are a record and prove nothing.
    """
    verdict = program.verification
    body = {
        "format": FORMAT,
        "version": VERSION,
        "sha256": {name: digest(text) for name, text in certified.items()},
        "profile": program.profile.name,
        "source": source_summary(program.source),
        "passes": [record.to_json() for record in program.passes],
        "strategies": [row.to_json() for row in program.strategies],
        "method": program.method,
        "precision": verdict.precision,
        "ideal_resources": verdict.resources,
        "points": verdict.points,
        "tolerance": verdict.tolerance,
        "residual": verdict.residual,
        "equivalent": verdict.equivalent,
        **({"settings": dict(settings)} if settings is not None else {}),
    }
    return {**body, "digest": own_digest(body)}


def source_summary(source: Circuit) -> dict[str, Any]:
    """Summarise the phase polynomials of a source circuit, in order of time."""
    phases = [op.polynomial for op in source.operations if isinstance(op, PolynomialPhase)]
    monomials = sum(len(f.terms) for f in phases)
    out: dict[str, Any] = {
        "modes": source.modes,
        "phases": len(phases),
        "monomials": monomials,
        "degree": max((f.degree for f in phases), default=0),
    }
    if monomials <= SHOWN_MONOMIALS:
        out["polynomials"] = [polynomial_to_json(f) for f in phases]
    return out


def digits_of(precision: object, where: str) -> int | None:
    """Return the number of digits that a claimed precision asks for; None for float64.

    Raises
    ------
    InputError
        If it is not a precision.
    """
    if precision == "float64":
        return None
    found = re.fullmatch(r"mpmath, ([1-9][0-9]{1,3}) digits", str(precision))
    if found is None or not 15 <= int(found[1]) <= MAX_DIGITS:
        raise InputError(
            f'{where}: "precision" must be "float64" or "mpmath, N digits" with N in 15..{MAX_DIGITS}, '
            f"found {precision!r}"
        )
    return int(found[1])


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return sha256(text.encode("utf-8")).hexdigest()


def own_digest(claims: Mapping[str, Any]) -> str:
    """Return the digest of all entries of a certificate except the entry ``digest`` itself."""
    return digest(json_text({key: value for key, value in claims.items() if key != "digest"}))
