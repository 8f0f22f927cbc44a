"""One small circuit with each operation, and one small Strawberry Fields program with each of its operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

HALF = sqrt(0.5)

OPERATIONS_TRIED: tuple[tuple[str, Circuit], ...] = tuple(
    (name, Circuit(2, operations))
    for name, operations in (
        ("PrepareVacuum", (ops.PrepareVacuum((0,)),)),
        ("PrepareSqueezed", (ops.PrepareSqueezed((0,), 0.5),)),
        ("PrepareCubic", (ops.PrepareCubic((0,), 0.3, 0.5),)),
        ("PrepareFock", (ops.PrepareFock((0,), 1),)),
        ("PrepareCat", (ops.PrepareCat((0,), 1.0, 0.5, 0.0),)),
        ("PrepareGKP", (ops.PrepareGKP((0,), 0.5, 0.25, 0.1),)),
        ("PrepareKet", (ops.PrepareKet((0,), 2, (0.6, 0.8j)),)),
        ("PrepareDensity", (ops.PrepareDensity((0,), 2, (0.25, 0.0, 0.0, 0.75)),)),
        ("Rotation", (ops.Rotation((0,), 0.3),)),
        ("Squeeze", (ops.Squeeze((0,), 0.3),)),
        ("Shear", (ops.Shear((0,), 0.3),)),
        ("Displacement", (ops.Displacement((0,), 0.3, -0.2),)),
        ("BeamSplitter", (ops.BeamSplitter((0, 1), 0.3, 0.2),)),
        ("ControlledX", (ops.ControlledX((0, 1), 0.3),)),
        ("ControlledZ", (ops.ControlledZ((0, 1), 0.3),)),
        ("Interferometer", (ops.Interferometer((0, 1), ((HALF, HALF * 1j), (HALF * 1j, HALF))),)),
        ("PolynomialPhase", (ops.phase(Polynomial.monomial((0, 0, 1), 0.3)),)),
        ("CubicPhase", (ops.CubicPhase((0,), 0.3),)),
        ("PhasePower", (ops.PhasePower((0,), 4, 0.3),)),
        ("Kerr", (ops.Kerr((0,), 0.3),)),
        ("CrossKerr", (ops.CrossKerr((0, 1), 0.3),)),
        ("Homodyne", (ops.Homodyne((0,), 0.3, "y"),)),
        ("PostSelect", (ops.PostSelect((0,), 0.3, 0.5),)),
        ("PhotonCount", (ops.PhotonCount((0,), "n"),)),
        ("DisplacementReadout", (ops.DisplacementReadout((0, 1), (0.5, 0.0), (0.0, -0.3), "s"),)),
        ("Loss", (ops.Loss((0,), 0.9),)),
        ("ThermalLoss", (ops.ThermalLoss((0,), 0.9, 0.25),)),
        ("DisplacementNoise", (ops.DisplacementNoise((0,), 0.1, 0.1),)),
        ("Dephasing", (ops.Dephasing((0,), 0.1),)),
        (
            "feed-forward",
            (ops.Homodyne((0,), 0.0, "y"), ops.Displacement((1,), Polynomial.monomial(("y",), -0.5), 0.0)),
        ),
        (
            "feed-forward, squared",
            (ops.Homodyne((0,), 0.0, "y"), ops.Displacement((1,), 0.0, Polynomial.monomial(("y", "y"), 0.5))),
        ),
        (
            "a mode used again",
            (ops.Homodyne((0,), 0.0, "y"), ops.PrepareVacuum((0,)), ops.Homodyne((0,), 0.0, "z")),
        ),
    )
)
"""Circuits of two modes: one for each operation, and three that use results in different ways."""


@dataclass(frozen=True, slots=True)
class Result:
    """A parameter that depends on a result: ``factor * q[mode].par ** power``."""

    mode: int
    factor: float = 1.0
    power: int = 1

    def __repr__(self) -> str:
        return f"{self.factor!r} * q[{self.mode}].par" + (f" ** {self.power}" if self.power > 1 else "")


@dataclass(frozen=True, slots=True)
class Free:
    """A free parameter: ``factor * prog.params(name)``."""

    name: str
    factor: float = 1.0

    def __repr__(self) -> str:
        return f'{self.factor!r} * prog.params("{self.name}")'


@dataclass(frozen=True)
class Step:
    """One command of a program: an operation of Strawberry Fields by name, its modes and its arguments."""

    name: str
    modes: tuple[int, ...] = (0,)
    args: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    inverse: bool = False

    @property
    def text(self) -> str:
        """The operation as an expression of a script."""
        values = [_text(value) for value in self.args]
        values += [f"{name}={_text(value)}" for name, value in self.keywords.items()]
        made = f"{self.name}({', '.join(values)})" if values or self.name not in SHORT else self.name
        return made + (".H" if self.inverse else "")

    @property
    def line(self) -> str:
        """The command as a line of a script."""
        on = ", ".join(f"q[{mode}]" for mode in self.modes)
        return f"{self.text} | {on if len(self.modes) == 1 else f'({on})'}"

    def made(self, sf: Any, q: Any, symbols: Mapping[str, Any]) -> Any:
        """Return the operation as an object."""
        kind = getattr(sf.ops, self.name)
        values = [_value(given, sf, q, symbols) for given in self.args]
        made = kind if self.name in SHORT else kind(*values, **self.keywords)
        return made.H if self.inverse else made


SHORT = ("MeasureX", "MeasureP", "MeasureHD", "Vac", "Fourier", "Del")
"""Names that stand for objects and not for classes, so that they are written without brackets."""


@dataclass(frozen=True)
class ProgramTried:
    """A small program of Strawberry Fields, as an object and as a script."""

    title: str
    steps: tuple[Step, ...]
    modes: int = 2

    @property
    def script(self) -> str:
        """The program as a script."""
        lines = [step.line for step in self.steps]
        return "\n".join(
            [
                *(["import numpy as np"] if any("np." in line for line in lines) else []),
                "import strawberryfields as sf",
                "from strawberryfields.ops import *",
                "",
                f"prog = sf.Program({self.modes})",
                "with prog.context as q:",
                *(f"    {line}" for line in lines),
                "",
            ]
        )

    def made(self, sf: Any) -> Any:
        """Return the program as a `strawberryfields.Program`."""
        program = sf.Program(self.modes)
        free = {value.name for step in self.steps for value in step.args if isinstance(value, Free)}
        symbols = {name: program.params(name) for name in free}
        with program.context as q:
            for step in self.steps:
                step.made(sf, q, symbols) | [q[mode] for mode in step.modes]
        return program


def _text(value: Any) -> str:
    if isinstance(value, Step):
        return value.text
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    return repr(value)


def _value(given: Any, sf: Any, q: Any, symbols: Mapping[str, Any]) -> Any:
    if isinstance(given, Step):
        return given.made(sf, q, symbols)
    if isinstance(given, Result):
        return given.factor * q[given.mode].par ** given.power
    return given.factor * symbols[given.name] if isinstance(given, Free) else given


def _one(name: str, *args: Any, modes: tuple[int, ...] = (0,), **keywords: Any) -> ProgramTried:
    return ProgramTried(name, (Step(name, modes, args, keywords),))


BOTH = (0, 1)
SPLITTER = np.array([[HALF, HALF * 1j], [HALF * 1j, HALF]])
SHEARED = np.array([[1.0, 0.0], [0.5, 1.0]])

PROGRAMS_TRIED: tuple[ProgramTried, ...] = (
    _one("Vac"),
    _one("Vacuum"),
    _one("Coherent", 0.3, 0.1),
    _one("Squeezed", 0.3, 0.2),
    _one("DisplacedSqueezed", 0.3, 0.1, 0.2, 0.4),
    _one("Thermal", 0.5),
    _one("Fock", 1),
    _one("Catstate", 0.5, 0.1, 0),
    _one("GKP", [0.5, 0.25], 0.1),
    _one("Ket", np.array([0.6, 0.8])),
    _one("DensityMatrix", np.array([[0.25, 0.0], [0.0, 0.75]])),
    _one("Gaussian", np.array([[2.0, 0.0], [0.0, 0.5]]), np.array([0.3, -0.2])),
    _one("Bosonic", np.array([1.0]), np.array([[0.0, 0.0]]), np.array([[[1.0, 0.0], [0.0, 1.0]]])),
    _one("Dgate", 0.3, 0.1),
    _one("Xgate", 0.3),
    _one("Zgate", 0.3),
    _one("Sgate", 0.3, 0.2),
    _one("Rgate", 0.3),
    _one("Pgate", 0.3),
    _one("Vgate", 0.3),
    _one("Kgate", 0.3),
    _one("Fourier"),
    _one("Fouriergate"),
    _one("BSgate", 0.3, 0.2, modes=BOTH),
    _one("S2gate", 0.3, 0.2, modes=BOTH),
    _one("MZgate", 0.3, 0.2, modes=BOTH),
    _one("sMZgate", 0.3, 0.2, modes=BOTH),
    _one("CXgate", 0.3, modes=BOTH),
    _one("CZgate", 0.3, modes=BOTH),
    _one("CKgate", 0.3, modes=BOTH),
    _one("Ggate", SHEARED, np.array([0.3, 0.0])),
    _one("Interferometer", SPLITTER, modes=BOTH),
    _one("GaussianTransform", SHEARED),
    _one("GraphEmbed", np.array([[0.0, 1.0], [1.0, 0.0]]), modes=BOTH),
    _one("BipartiteGraphEmbed", np.array([[0.0, 1.0], [1.0, 0.0]]), modes=BOTH),
    _one("LossChannel", 0.9),
    _one("ThermalLossChannel", 0.9, 0.25),
    _one("PassiveChannel", np.array([[0.9]])),
    _one("MSgate", 0.3, 0.0, 1.2, 0.9),
    _one("MeasureHomodyne", 0.3),
    _one("MeasureX"),
    _one("MeasureP"),
    _one("MeasureHD"),
    _one("MeasureHeterodyne"),
    _one("MeasureFock"),
    _one("MeasureThreshold"),
    ProgramTried("MSgate, one shot", (Step("MSgate", (0,), (0.3, 0.0, 1.2, 0.9, False)),)),
    ProgramTried("MeasureHomodyne, select", (Step("MeasureHomodyne", (0,), (0.3,), {"select": 0.5}),)),
    ProgramTried("MeasureFock, select", (Step("MeasureFock", (0,), (), {"select": [1]}),)),
    ProgramTried("an inverse (.H)", (Step("Sgate", (0,), (0.3, 0.2), inverse=True),)),
    ProgramTried("a result in a gate", (Step("MeasureX"), Step("Xgate", (1,), (Result(0, -0.5),)))),
    ProgramTried("a squared result", (Step("MeasureX"), Step("Zgate", (1,), (Result(0, 0.5, 2),)))),
    ProgramTried("a free parameter", (Step("Rgate", (0,), (Free("a", 0.5),)),)),
    ProgramTried("a mode read twice", (Step("MeasureX"), Step("Xgate", (0,), (0.5,)), Step("MeasureP"))),
    ProgramTried("All", (Step("All", BOTH, (Step("Rgate", (), (0.3,)),)),)),
    ProgramTried("Del", (Step("Sgate", (0,), (0.3,)), Step("Del"), Step("Rgate", (1,), (0.3,)))),
)
"""One program for each operation of Strawberry Fields, and programs that use results, parameters and modes."""
