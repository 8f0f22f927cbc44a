"""Optional packages: which extra of this project installs each, and what works without it.

The core needs numpy, scipy and a few small packages. Everything else belongs to an extra, for example
``pip install 'qumode-khrnn[sf]'``. A function that imports an optional package calls `need` first, so that an absent
package is answered with one line.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from hardware_profiles.errors import InputError

PROJECT = "qumode-khrnn"

NEWEST_FOR_MRMUSTARD = (3, 11)
"""Newest Python for which MrMustard 0.7 can be installed."""


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of this project.

    Parameters
    ----------
    modules : dict from str to str
        The packages' import names, and the names that people know them by.
    without : str
        What works without the extra, as a full sentence without its stop.
    """

    modules: dict[str, str]
    without: str


EXTRAS: dict[str, Extra] = {
    "sf": Extra(
        {
            "strawberryfields": "Strawberry Fields",
            "thewalrus": "The Walrus",
            "blackbird": "Blackbird",
            "xir": "XIR",
            "lark": "the parser lark",
            "antlr4": "the parser runtime antlr4",
            "sympy": "SymPy",
        },
        "the other formats and the back ends exact, grid and branches work without it",
    ),
    "mrmustard": Extra(
        {"mrmustard": "MrMustard"}, "the other formats and the back ends exact, grid and branches work without it"
    ),
    "qubits": Extra(
        {
            "qiskit": "Qiskit",
            "qiskit_aer": "Qiskit Aer",
            "qiskit_qasm3_import": "the OpenQASM reader of Qiskit",
            "openqasm3": "the parser openqasm3",
        },
        "compiling, verifying and simulating on qumodes work without it",
    ),
    "learning": Extra({"torch": "PyTorch"}, "everything but training and trained models works without it"),
    "cluster": Extra(
        {"dask": "Dask", "distributed": "Dask's scheduler", "pyarrow": "PyArrow"},
        "sweeps in one process work without it and write table.csv",
    ),
    "ions": Extra({"jaqalpaq": "JaqalPaq"}, "every other format and the ions' costs work without it"),
}
"""The extras in ``pyproject.toml``; `tests/test_house.py` compares the two."""


class AbsentPackageError(InputError):
    """An optional package is not installed; the message is one line that says which extra installs it.

    Parameters
    ----------
    module : str
        The package's import name, a key of some `Extra.modules`.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self.extra = extra_of(module)
        super().__init__(_line(self.extra, module))


def extra_of(module: str) -> str:
    """Return the name of the extra that installs a package.

    >>> extra_of("qiskit_aer")
    'qubits'
    """
    return next(name for name, extra in EXTRAS.items() if module in extra.modules)


def is_installed(*modules: str) -> bool:
    """Return whether all these packages can be found; none of them is imported."""
    return not absence(*modules)


def need(*modules: str) -> None:
    """Raise AbsentPackageError unless all these packages can be found; none of them is imported."""
    for module in modules:
        if not _found(module):
            raise AbsentPackageError(module)


def absence(*modules: str) -> str:
    """Return the line that tells of the first package that is not installed, and "" if all are."""
    return next((str(AbsentPackageError(module)) for module in modules if not _found(module)), "")


def absent_extras() -> dict[str, str]:
    """Return the extras that are not installed as a whole, by name, with the line that tells what is missing."""
    lines = {name: absence(*extra.modules) for name, extra in EXTRAS.items()}
    return {name: line for name, line in lines.items() if line}


def _found(module: str) -> bool:
    if module in sys.modules:
        found = sys.modules[module] is not None
    else:
        found = find_spec(module) is not None
    return found and not (module == "mrmustard" and _newer_mrmustard())


@cache
def _newer_mrmustard() -> str:
    """Return the version of MrMustard if it is one that is not served, else ""."""
    try:
        found = version("mrmustard")
    except PackageNotFoundError:
        return ""
    return "" if found.startswith("0.") else found


def _line(name: str, module: str) -> str:
    extra = EXTRAS[name]
    problem = f"{extra.modules[module]} is not installed: pip install '{PROJECT}[{name}]'"
    if module == "mrmustard" and sys.version_info[:2] > NEWEST_FOR_MRMUSTARD:
        newest, python = (".".join(map(str, part)) for part in (NEWEST_FOR_MRMUSTARD, sys.version_info[:2]))
        problem = f"MrMustard 0.7 needs Python {newest} or older, and this is Python {python}"
    elif module == "mrmustard" and (newer := _newer_mrmustard()):
        problem = f"MrMustard must be version 0.7, found {newer}: pip install '{PROJECT}[mrmustard]'"
    return f"{problem}; {extra.without}"


if __name__ == "__main__":  # `make` ends with the lines of what is missing
    for line in absent_extras().values():
        print(line)
