"""``program.json``: the open, documented, versioned form of a circuit. Data only; nothing in it is executable.

``{"format": "qumode-khrnn/program", "version": 1, "hbar": 2, "modes": N, "latent": [..], "ancillas": [..],
"operations": [{"op": "BeamSplitter", "modes": [0, 1], "theta": 0.78, "phi": 0.0}, ..]}``; ``"symbols": [name, ..]`` as
well if the circuit has free parameters. A parameter that depends on
earlier results is ``{"terms": [[coefficient, {"m0": 1}], ..]}``; the polynomial of a `PolynomialPhase` has the same
form with mode indices (as strings) for names; an interferometer is ``{"real": rows, "imag": rows}``,
amplitudes of a state are two lists of numbers in the same form, and the ``alpha`` and ``beta`` of a
`DisplacementReadout` are lists of one number per mode.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, NoReturn, TypeVar

from compiler.errors import CircuitError, InputError, did_you_mean
from compiler.files import json_text, number, require_format
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.operation import NAME
from compiler.ir.operations import MAX_ORDER, OPERATIONS, Interferometer, Operation, PolynomialPhase
from compiler.ir.polynomial import Monomial, Polynomial, Variable

T = TypeVar("T")

FORMAT = "qumode-khrnn/program"
VERSION = 1

MAX_MODES = 10_000
"""Largest number of modes that is read from a file."""


def circuit_to_json(circuit: Circuit) -> dict[str, Any]:
    """Return the JSON object of a circuit.

    >>> from compiler.ir.operations import Shear
    >>> circuit_to_json(Circuit(1, (Shear((0,), 0.5),)))["operations"]
    [{'op': 'Shear', 'modes': [0], 's': 0.5}]
    """
    return {**_header(circuit), "operations": [operation_to_json(op) for op in circuit.operations]}


def circuit_text(circuit: Circuit) -> str:
    """Return the JSON text of a circuit, one operation per line."""
    head = json_text(_header(circuit)).rstrip("}\n")
    lines = ",\n".join(f"    {json.dumps(operation_to_json(op), allow_nan=False)}" for op in circuit.operations)
    return f'{head.rstrip()},\n  "operations": [' + (f"\n{lines}\n  ]" if lines else "]") + "\n}\n"


def _header(circuit: Circuit) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "hbar": int(HBAR),
        "modes": circuit.modes,
        "latent": list(circuit.latent),
        "ancillas": list(circuit.ancillas),
        **({"symbols": list(circuit.symbols)} if circuit.symbols else {}),
    }


def circuit_from_json(data: object, where: str = "program") -> Circuit:
    """Return the circuit of a JSON object.

    Parameters
    ----------
    data : object
        What ``json.loads`` returned.
    where : str
        Name of the file, for messages.

    Raises
    ------
    CircuitError
        If anything is missing, unknown, of the wrong type, or breaks a rule of `Circuit`.
    InputError
        If the format or the version is not this one.
    """
    data = require_format(data, FORMAT, VERSION, where)
    if data.get("hbar") != HBAR:
        _fail(where, f'"hbar" must be 2, found {data.get("hbar")!r}')
    modes = data.get("modes")
    if not isinstance(modes, int) or isinstance(modes, bool) or not 0 <= modes <= MAX_MODES:
        _fail(where, f'"modes" must be an integer in 0..{MAX_MODES}, found {modes!r}')
    operations = data.get("operations")
    if not isinstance(operations, list):
        _fail(where, '"operations" must be a list')
    ancillas = _integers(data.get("ancillas"), f'{where}: "ancillas"')
    built = tuple(operation_from_json(item, f"{where}: operation {i}") for i, item in enumerate(operations))
    symbols = data.get("symbols", [])
    if not isinstance(symbols, list) or not all(isinstance(name, str) for name in symbols):
        _fail(where, f'"symbols" must be a list of names, found {symbols!r}')
    try:
        circuit = Circuit(modes, built, ancillas, tuple(symbols))
    except CircuitError as error:
        _fail(where, str(error))
    if _integers(data.get("latent"), f'{where}: "latent"') != circuit.latent:
        _fail(where, f'"latent" must be the modes that are not ancillas, {list(circuit.latent)}')
    return circuit


def polynomial_to_json(polynomial: Polynomial) -> dict[str, Any]:
    """Return ``{"terms": [[coefficient, {variable: power}], ..]}``."""
    return {"terms": [[c, {str(v): power for v, power in key}] for key, c in polynomial.terms.items()]}


def polynomial_from_json(data: object, where: str, *, modes: bool) -> Polynomial:
    """Read what `polynomial_to_json` wrote; whole numbers are mode indices if ``modes``, all else are names."""
    if not isinstance(data, dict) or set(data) != {"terms"} or not isinstance(data["terms"], list):
        _fail(where, 'a polynomial must be {"terms": [[coefficient, {variable: power}], ..]}')
    terms: dict[Monomial, float] = {}
    for term in data["terms"]:
        if not isinstance(term, list) or len(term) != 2 or not isinstance(term[1], dict):
            _fail(where, f"a term must be [coefficient, {{variable: power}}], found {term!r}")
        variables: list[Variable] = []
        for name, power in term[1].items():
            if not isinstance(power, int) or isinstance(power, bool) or not 1 <= power <= MAX_ORDER:
                _fail(where, f"the power of {name!r} must be an integer in 1..{MAX_ORDER}, found {power!r}")
            if modes and not name.isdecimal() and not re.fullmatch(NAME, name):
                _fail(where, f"variables must be mode indices or names, found {name!r}")
            variables += [int(name) if modes and name.isdecimal() else name] * power
        (key,) = Polynomial.monomial(variables).terms
        terms[key] = terms.get(key, 0.0) + _number(term[0], where, "coefficient")
    return _checked(where, Polynomial, terms)


def operation_to_json(operation: Operation) -> dict[str, Any]:
    """Return the JSON object of an operation."""
    out: dict[str, Any] = {"op": type(operation).__name__, "modes": list(operation.modes)}
    for key, value in operation.parameters().items():
        if isinstance(operation, Interferometer):
            out[key] = {
                "real": [[complex(z).real for z in row] for row in operation.matrix],
                "imag": [[complex(z).imag for z in row] for row in operation.matrix],
            }
        elif isinstance(value, tuple) and isinstance(value[0], float):
            out[key] = list(value)
        elif isinstance(value, tuple):
            out[key] = {"real": [z.real for z in value], "imag": [z.imag for z in value]}
        else:
            out[key] = polynomial_to_json(value) if isinstance(value, Polynomial) else value
    return out


def operation_from_json(data: object, where: str) -> Operation:
    """Read what `operation_to_json` wrote; raises CircuitError naming ``where``."""
    if not isinstance(data, dict) or not isinstance(data.get("op"), str) or data["op"] not in OPERATIONS:
        name = data.get("op") if isinstance(data, dict) else data
        hint = did_you_mean(name, OPERATIONS) if isinstance(name, str) else ""
        _fail(where, f'"op" must be one of {", ".join(OPERATIONS)}, found {name!r}{hint}')
    kind = OPERATIONS[data["op"]]
    where = f"{where} {data['op']}"
    declared = {f.name: f for f in fields(kind)}
    if unknown := set(data) - {"op"} - set(declared):
        hint = did_you_mean(min(unknown), declared) or f"; the keys are {sorted(declared)}"
        _fail(where, f"unknown keys {sorted(unknown)}{hint}")
    values: dict[str, Any] = {"modes": _integers(data.get("modes"), f'{where}: "modes"')}
    for name, field in declared.items():
        if name == "modes":
            continue
        if name not in data:
            if field.default is MISSING:
                _fail(where, f'"{name}" is missing')
            continue
        values[name] = _parameter(kind, name, str(field.type), data[name], where)
    return _checked(where, kind, **values)


def _parameter(kind: type[Operation], name: str, declared: str, value: object, where: str) -> Any:
    if kind is Interferometer:
        return _matrix(value, where)
    if kind is PolynomialPhase:
        return polynomial_from_json(value, where, modes=True)
    if declared.startswith("tuple[complex"):
        return _amplitudes(value, where, name)
    if declared.startswith("tuple[float"):
        if not isinstance(value, list):
            _fail(where, f"{name} must be a list of numbers, found {value!r}")
        return tuple(_number(item, where, name) for item in value)
    if declared == "str":
        if not isinstance(value, str):
            _fail(where, f"{name} must be a string, found {value!r}")
        return value
    if declared == "int":
        if not isinstance(value, int) or isinstance(value, bool):
            _fail(where, f"{name} must be an integer, found {value!r}")
        return value
    if declared == "Parameter" and isinstance(value, dict):
        return polynomial_from_json(value, where, modes=False)
    return _number(value, where, name)


def _matrix(value: object, where: str) -> tuple[tuple[complex, ...], ...]:
    if not isinstance(value, dict) or set(value) != {"real", "imag"}:
        _fail(where, 'matrix must be {"real": rows, "imag": rows}')
    real, imag = value["real"], value["imag"]
    try:
        return tuple(
            tuple(complex(_number(a, where, "matrix"), _number(b, where, "matrix")) for a, b in zip(r, i, strict=True))
            for r, i in zip(real, imag, strict=True)
        )
    except InputError:
        raise
    except TypeError:
        _fail(where, "matrix rows must be lists of numbers")
    except ValueError as error:
        _fail(where, f"matrix: {error}")


def _amplitudes(value: object, where: str, name: str) -> tuple[complex, ...]:
    parts = value.values() if isinstance(value, dict) and set(value) == {"real", "imag"} else ()
    if not parts or not all(isinstance(part, list) for part in parts) or len({len(part) for part in parts}) != 1:
        _fail(where, f'{name} must be {{"real": numbers, "imag": numbers}}, two lists of equal length')
    assert isinstance(value, dict)
    pairs = zip(value["real"], value["imag"], strict=True)
    return tuple(complex(_number(a, where, name), _number(b, where, name)) for a, b in pairs)


def _number(value: object, where: str, name: str) -> float:
    return number(value, f"{where}: {name}")


def _integers(value: object, where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or any(not isinstance(m, int) or isinstance(m, bool) for m in value):
        raise CircuitError(f"{where} must be a list of integers, found {value!r}")
    return tuple(value)


def _checked(where: str, make: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    try:
        return make(*args, **kwargs)
    except CircuitError as error:
        _fail(where, str(error))


def _fail(where: str, message: str) -> NoReturn:
    raise CircuitError(f"{where}: {message}")
