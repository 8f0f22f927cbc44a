"""Names, constants and shorthands of the packages that scripts import, as far as they are read."""

from __future__ import annotations

from math import e, pi
from typing import Any

from compiler.imports.reading.arithmetic import FUNCTIONS, FUNCTIONS_OF_TWO, MATH_NAMES
from compiler.imports.strawberryfields.operations import ALIASES, READ, REFUSED
from compiler.imports.strawberryfields.script.arrays import ARRAY_FUNCTIONS, TYPES
from compiler.imports.strawberryfields.script.objects import Gate, Named
from compiler.ir.conventions import HBAR

OPERATIONS = "strawberryfields.ops"

PLACES = {
    "strawberryfields.program.Program": "strawberryfields.Program",
    "strawberryfields.tdm.TDMProgram": "strawberryfields.TDMProgram",
    "strawberryfields.tdm.program.TDMProgram": "strawberryfields.TDMProgram",
    "strawberryfields.engine.Engine": "strawberryfields.Engine",
    "strawberryfields.engine.LocalEngine": "strawberryfields.LocalEngine",
    "strawberryfields.LocalEngine": "strawberryfields.Engine",
    "strawberryfields.engine.RemoteEngine": "strawberryfields.RemoteEngine",
    "strawberryfields.RemoteEngine": "strawberryfields.Engine",
}
"""Other full names of classes, and the names under which they are read."""

CONSTANTS: dict[str, Any] = {
    "numpy.pi": pi,
    "numpy.e": e,
    "math.pi": pi,
    "math.e": e,
    "math.tau": 2.0 * pi,
    "cmath.pi": pi,
    "cmath.e": e,
    "scipy.pi": pi,
    "strawberryfields.hbar": HBAR,
    "builtins.__name__": "__main__",
}

BUILTINS = frozenset(
    (
        *("abs", "all", "any", "bool", "complex", "dict", "display", "enumerate", "float", "format", "hasattr", "hash"),
        *("id", "input", "int", "isinstance", "len", "list", "max", "min", "open", "pow", "print", "range", "repr"),
        *("reversed", "round", "sorted", "str", "sum", "tuple", "type", "zip"),
        *("__name__", "Exception", "ValueError", "TypeError", "ImportError"),
    )
)
"""Names that Python itself defines, as far as they cannot change what other names mean."""

FORBIDDEN = frozenset(
    ("exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "__import__", "__builtins__", "exit", "quit")
)
"""Functions of Python that can change the meaning of names, or end the script; scripts that name them are refused."""

SYMPY_NAMES = {"Abs": "abs", "arg": "angle", "im": "imag", "ln": "log", "re": "real", "ceiling": "ceil"}
"""NumPy's names of functions that have other names in ``strawberryfields.math``."""

STARS: dict[str, tuple[str, ...]] = {
    OPERATIONS: tuple(dict.fromkeys((*READ, *ALIASES, *REFUSED, "All"))),
    "strawberryfields": ("Engine", "RemoteEngine", "Program", "TDMProgram", "Device", "Result", "load", "save"),
    "numpy": ("pi", "e", *FUNCTIONS, *FUNCTIONS_OF_TWO, *ARRAY_FUNCTIONS, *TYPES, "random", "linalg"),
    "math": ("pi", "e", "tau", *MATH_NAMES, *(n for n in FUNCTIONS if n not in {"abs", "real", "imag", "conj"})),
    "cmath": ("pi", "e", *MATH_NAMES, *FUNCTIONS),
}
"""Names that ``from PACKAGE import *`` defines."""

KNOWN_ROOTS = ("strawberryfields", "numpy", "math", "cmath")
"""Packages whose names matter for a program; a script must not assign to them."""

HARMLESS_ROOTS = ("builtins", "strawberryfields", "matplotlib", "time", "warnings", "logging", "sys", "os", "pprint")
"""Packages whose functions are passed over, and change none of their arguments."""

SHOWING_PROGRAMS = (
    "builtins.",
    "strawberryfields.io.",
    "strawberryfields.plot",
    "strawberryfields.save",
    "strawberryfields.utils.extract_",
    "logging.",
    "pprint.",
)
"""Beginnings of names of functions that show or write a program, and neither keep nor change it."""

NUMERIC_ROOTS = ("numpy", "scipy", "math", "cmath", "random")
"""Packages whose functions may change lists and arrays among their arguments, but apply no operations."""


def resolved(path: str) -> Any:
    """Return the meaning of a full name: a constant, an operation whose arguments are known, or `Named`."""
    path = PLACES.get(path, path)
    if path in CONSTANTS:
        return CONSTANTS[path]
    package, _, name = path.rpartition(".")
    if package == OPERATIONS:
        if name in ALIASES and not name.startswith("_") and name != "Measure":
            operation, args = ALIASES[name]
            return Gate(operation, args)
        if name == "Del":
            return Gate("Del")
    return Named(path)


def numeric(path: str) -> str | None:
    """Return NumPy's name of a function of NumPy, ``math``, ``cmath`` or ``strawberryfields.math``; else None."""
    root, _, name = path.rpartition(".")
    if root in {"math", "cmath"}:
        return MATH_NAMES.get(name, name)
    if root == "strawberryfields.math":
        return MATH_NAMES.get(name, SYMPY_NAMES.get(name, name))
    return path.removeprefix("numpy.") if path.startswith("numpy.") else None
