"""The QSCOUT trap as hybridlane describes it: modes, gate table, calibration. Numbers of a calibration are an input."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from compiler.errors import InputError
from compiler.files import number, parse_json, read_json, require_format

PROFILE = "trapped-ion-qscout"

QUBITS = 6
"""Largest number of ions in the trap."""

BEAM_SPLITTER_QUBITS = (0, 1, 3)
"""Ions that the beamsplitter instruction can be driven through."""


@dataclass(frozen=True, slots=True, order=True)
class MotionalMode:
    """A motional mode ``m{manifold}i{index}``: manifold 1 is the lower, index 0 the centre of mass, 1 the tilt.

    >>> str(MotionalMode(1, 1)), MotionalMode.parse("m0i2")
    ('m1i1', MotionalMode(manifold=0, index=2))
    """

    manifold: int
    index: int

    def __post_init__(self) -> None:
        if self.manifold not in (0, 1) or self.index < 0:
            raise InputError(
                f"a motional mode needs manifold 0 or 1 and an index of at least 0, found {self.manifold}, {self.index}"
            )

    @classmethod
    def parse(cls, name: str) -> MotionalMode:
        """Return the mode with a name.

        Raises
        ------
        InputError
            If the name is not that of a mode.
        """
        manifold, _, index = name.removeprefix("m").partition("i")
        if not (name.startswith("m") and manifold in ("0", "1") and index.isascii() and index.isdigit()):
            raise InputError(f"a motional mode is named m0i0, m1i2, ..., found {name!r}")
        return cls(int(manifold), int(index))

    def __str__(self) -> str:
        return f"m{self.manifold}i{self.index}"


TILT = (MotionalMode(0, 1), MotionalMode(1, 1))
"""The two modes that the beamsplitter couples; the second is the one that can be squeezed."""


@dataclass(frozen=True, slots=True)
class IonLayout:
    """The trap mode of each mode of the program, and the ions that serve as spins.

    Parameters
    ----------
    modes : tuple of MotionalMode
        The trap mode of every mode of the program.
    spins : tuple of int
        Ions in the order in which they are used.
    ions : int
        Ions in the trap: modes have indices below it.
    centre_of_mass : bool
        Whether the strongly heated modes of index 0 may be used.

    Raises
    ------
    InputError
        If the trap has no such modes or ions.
    """

    modes: tuple[MotionalMode, ...]
    spins: tuple[int, ...] = (0,)
    ions: int = QUBITS
    centre_of_mass: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.ions <= QUBITS:
            raise InputError(f"the trap holds 1 to {QUBITS} ions, found {self.ions}")
        if not self.spins or len(set(self.spins)) != len(self.spins) or not all(0 <= s < self.ions for s in self.spins):
            raise InputError(f"spins must be distinct ions in 0..{self.ions - 1}, found {list(self.spins)}")
        if len(set(self.modes)) != len(self.modes):
            raise InputError(f"modes must be distinct, found {[str(m) for m in self.modes]}")
        for mode in self.modes:
            if mode.index >= self.ions:
                raise InputError(f"{self.ions} ions have modes of index 0..{self.ions - 1}, found {mode}")
            if mode.index == 0 and not self.centre_of_mass:
                raise InputError(f"{mode} is a centre-of-mass mode, which heats fast: allow centre_of_mass to use it")


@dataclass(frozen=True, slots=True)
class BeamSplitterPoint:
    """How to drive one beamsplitter angle, on modes (m0i1, m1i1) in this order, angles as in `BeamSplitter`."""

    theta: float
    phi: float
    qubit: int
    detuning1: float
    detuning2: float
    duration: float
    phase: float


@dataclass(frozen=True, slots=True)
class SqueezePoint:
    """How to squeeze m1i1 by ``r > 0`` with the spin in ``|+>``."""

    r: float
    blue_red_ratio: float


@dataclass(frozen=True, slots=True)
class QscoutCalibration:
    """Measured settings, level by level; nothing is interpolated, since no law between them is published.

    Parameters
    ----------
    beam_splitters : tuple of BeamSplitterPoint
    squeezers : tuple of SqueezePoint
    """

    beam_splitters: tuple[BeamSplitterPoint, ...] = ()
    squeezers: tuple[SqueezePoint, ...] = ()


def read_calibration(path: Path) -> QscoutCalibration:
    """Read a calibration: ``{"format": "khrnn-qscout-calibration", "version": 1, "beam_splitters": [...], ...}``.

    Raises
    ------
    InputError
        If the file is not a calibration.
    """
    where = str(path)
    data = require_format(read_json(path), "khrnn-qscout-calibration", 1, where)
    if unknown := sorted(set(data) - {"format", "version", "beam_splitters", "squeezers"}):
        raise InputError(f"{where}: unknown key {unknown[0]!r}; known are beam_splitters and squeezers")
    return QscoutCalibration(
        tuple(BeamSplitterPoint(**row) for row in _rows(data, "beam_splitters", BeamSplitterPoint, where)),
        tuple(SqueezePoint(**row) for row in _rows(data, "squeezers", SqueezePoint, where)),
    )


def _rows(data: dict[str, Any], key: str, kind: type[Any], where: str) -> list[dict[str, Any]]:
    rows = data.get(key, [])
    names = {f.name for f in fields(kind)}
    if not isinstance(rows, list):
        raise InputError(f"{where}: {key} must be a list, found {type(rows).__name__}")
    out = []
    for i, row in enumerate(rows):
        if not isinstance(row, dict) or set(row) != names:
            raise InputError(f"{where}: {key}[{i}] must have exactly the keys {', '.join(sorted(names))}")
        values: dict[str, Any] = {name: number(row[name], f"{where}: {key}[{i}].{name}") for name in row}
        if "qubit" in values:
            if values["qubit"] not in BEAM_SPLITTER_QUBITS:
                raise InputError(
                    f"{where}: {key}[{i}].qubit must be one of {list(BEAM_SPLITTER_QUBITS)}, found {row['qubit']}"
                )
            values["qubit"] = int(values["qubit"])
        out.append(values)
    return out


@dataclass(frozen=True, slots=True)
class GateTable:
    """Instructions of the dialect, name -> (parameter, kind), kind qubit, int or float, and the source of pulses."""

    usepulses: str
    source: str
    gates: dict[str, tuple[tuple[str, str], ...]]


@lru_cache(maxsize=1)
def gate_table() -> GateTable:
    """Return the gate table that this package ships, in ``data/qscout_gates.json``.

    >>> gate_table().gates["zCD"]
    (('q', 'qubit'), ('manifold', 'int'), ('mode', 'int'), ('beta_re', 'float'), ('beta_im', 'float'))
    """
    path = Path(__file__).parent / "data" / "qscout_gates.json"
    data = require_format(parse_json(path.read_text(encoding="utf-8"), path.name), "khrnn-jaqal-gates", 1, path.name)
    gates = {name: tuple((p, kind) for p, kind in rows) for name, rows in data["gates"].items()}
    return GateTable(data["usepulses"], data["source"], gates)
