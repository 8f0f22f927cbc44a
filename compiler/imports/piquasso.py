r"""Programs of Piquasso, read from its Python objects, without the package.

The reader uses only the documented parts of an object: ``program.instructions``, and the class, the ``modes`` and the
``params`` of each instruction. Definitions are those of ``piquasso/instructions`` 8.0, read from its source and checked
against its simulators. Gates are matrices of ladder operators, which do not depend on hbar; quadratures have hbar = 2,
the default of Piquasso. Means and covariances are in units of hbar, and the covariance of the vacuum is 1.

Gates are read in `compiler.imports.piquasso_gates`, preparations, which must come first, in `piquasso_states`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.assembly import Assembly, one_each, places
from compiler.imports.calls import Imported
from compiler.imports.piquasso_gates import GATES, MATRICES, NUMBERS_ONLY, Gate, prepare_graph
from compiler.imports.piquasso_states import PREPARATIONS, prepare
from compiler.imports.reading.arithmetic import Budget, binary, negative
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.ir.serialize import MAX_MODES

TOOL = "Piquasso"

Modes = tuple[int, ...]

SHARP = 1e-3
"""Squeezing amplitude z up to which a homodyne measurement of Piquasso is read as ideal; its noise is z^2."""

MAX_EXPRESSION = 10_000
"""Longest expression of outcomes, in characters."""


def from_piquasso(program: Any, modes: int = 0) -> Circuit:
    """Read a program of Piquasso as a circuit; see `read_piquasso`.

    Raises
    ------
    CircuitError
        As `read_piquasso`.
    """
    return read_piquasso(program, modes).circuit


def read_piquasso(program: Any, modes: int = 0) -> Imported:
    """Read a program of Piquasso as a circuit, with notes on differences from the program.

    The first readout of mode m is named ``m{m}``, its k-th repetition ``m{m}_{k}``. Parameters may be expressions of
    photon counts, as ``"0.5 * x[-1]"``. A mode that nothing prepares carries the circuit's input.

    Parameters
    ----------
    program : piquasso.Program
    modes : int
        Least number of modes. Piquasso keeps the number in the simulator; the instructions may need more modes.

    Raises
    ------
    CircuitError
        If a circuit cannot express an instruction; the message names the instruction and the reason.
    """
    instructions = getattr(program, "instructions", None)
    if not isinstance(instructions, list | tuple):
        raise CircuitError(f"{TOOL}: a Program with its list of instructions is read, found {type(program).__name__}")
    needed = max((_needed(i, op) for i, op in enumerate(instructions)), default=0)
    count = max(needed, modes)
    if count > MAX_MODES:
        raise CircuitError(f"{TOOL}: programs of at most {MAX_MODES} modes are read, found {count}")
    assembly = Assembly(count)
    reader = _Reader(assembly)
    first = next((i for i, op in enumerate(instructions) if type(op).__name__ not in PREPARATIONS), len(instructions))
    prepare(assembly, [_described(op) for op in instructions[:first]], TOOL)
    for index, op in enumerate(instructions[first:], first):
        name = type(op).__name__
        try:
            reader.add(op)
        except CircuitError as error:
            raise CircuitError(f"{TOOL}: instruction {index} {name[:40]}: {error}") from None
    return assembly.imported(TOOL)


def _described(op: Any) -> tuple[str, Modes, Mapping[str, Any]]:
    """Return the class, the modes and the parameters of an instruction."""
    name = type(op).__name__
    modes, params = getattr(op, "modes", ()), getattr(op, "params", None)
    if not isinstance(params, Mapping | None):
        raise CircuitError(f"params must be a dict, found {type(params).__name__}")
    return name, places(modes, name), params or {}


SIZED: dict[str, Callable[[Any], int]] = {
    "matrix": lambda value: len(np.atleast_2d(value)),
    "passive": lambda value: len(np.atleast_2d(value)),
    "adjacency_matrix": lambda value: len(np.atleast_2d(value)),
    "mean": lambda value: len(np.atleast_1d(value)) // 2,
    "cov": lambda value: len(np.atleast_2d(value)) // 2,
    "X": lambda value: len(np.atleast_2d(value)) // 2,
    "mean_photon_numbers": len,
    "occupation_numbers": len,
    "fock_amplitude_map": lambda value: max(map(len, value), default=0),
    "ket": len,
    "photon_counts": len,
}
"""Numbers of modes that parameters imply, for instructions that name no modes."""


def _needed(index: int, op: Any) -> int:
    """Return the number of modes that an instruction needs."""
    name = type(op).__name__
    try:
        _, modes, params = _described(op)
        if modes:
            return max(modes) + 1
        return max((size(params[key]) for key, size in SIZED.items() if key in params), default=0)
    except CircuitError as error:
        raise CircuitError(f"{TOOL}: instruction {index} {name[:40]}: {error}") from None
    except (TypeError, ValueError):
        raise CircuitError(f"{TOOL}: instruction {index} {name[:40]}: its parameters must be arrays or lists") from None


MEASUREMENTS = ("HomodyneMeasurement", "HeterodyneMeasurement", "ParticleNumberMeasurement")

NO_CHOSEN_COUNTS = "runs can be selected here by homodyne values only, not by counts of photons"

REFUSED = {
    "SNAP": "phases of single Fock states have no operation here; Kerr and CrossKerr are read",
    "ThresholdMeasurement": "a click detector tells only whether there are photons, for which there is no operation "
    "here; ParticleNumberMeasurement counts",
    "GeneraldyneMeasurement": "a projection on any Gaussian state has no operation here; HomodyneMeasurement and "
    "HeterodyneMeasurement are read",
    "ImperfectParticleNumberMeasurement": "a table of wrong counts has no operation here; write losses, and "
    "ParticleNumberMeasurement",
    "PostSelectPhotons": NO_CHOSEN_COUNTS,
    "ImperfectPostSelectPhotons": NO_CHOSEN_COUNTS,
    **dict.fromkeys(("BatchPrepare", "BatchApply"), "a batch is several programs; read each of them"),
}
"""Instructions that are not read, with the reason."""


class _Reader:
    """Instructions after the preparations."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.counts_only = True  # whether every outcome so far is a count of photons

    def add(self, op: Any) -> None:
        """Append the operations of an instruction; raise CircuitError if the instruction is not read."""
        name, modes, params = _described(op)
        modes = modes or tuple(m for m in range(self.assembly.modes) if m not in self.assembly.gone)
        if getattr(op, "condition", None) is not None:
            raise CircuitError(
                "a condition (when) is not read, because the operations of a circuit do not depend on conditions"
            )
        if "fermionic" in type(op).__module__.split("."):
            raise CircuitError("the instruction acts on fermions, and circuits here hold bosonic modes only")
        if name in PREPARATIONS:
            raise CircuitError("preparations must stand at the beginning of a program of Piquasso")
        if name in MEASUREMENTS:
            self._measure(name, modes, params)
        elif name in GATES:
            self._gate(name, GATES[name], modes, params)
        elif name in MATRICES or name == "Graph":
            try:
                if name == "Graph":
                    prepare_graph(self.assembly, modes, params)
                else:
                    self.assembly.extend(MATRICES[name](modes, params))
            except KeyError as error:
                raise CircuitError(f"the parameter {error} is missing") from None
        else:
            known = ", ".join([*PREPARATIONS, *GATES, *MATRICES, "Graph", *MEASUREMENTS])
            raise CircuitError(f"is not read: {REFUSED[name]}" if name in REFUSED else f"is not read; known: {known}")

    def _gate(self, name: str, gate: Gate, modes: Modes, params: Mapping[str, Any]) -> None:
        if unknown := set(params) - set(gate.parameters):
            raise CircuitError(f"takes the parameters {list(gate.parameters)}, found {sorted(map(str, unknown))}")
        defaults = dict(zip(gate.parameters[::-1], gate.defaults[::-1], strict=False))
        for parameter in gate.parameters:
            if parameter not in params and parameter not in defaults:
                raise CircuitError(f"the parameter {parameter} is missing")
        if gate.modes == 2 and len(modes) != 2:
            raise CircuitError(f"acts on two modes, found {list(modes)}")
        each = [modes] if gate.modes == 2 else [(mode,) for mode in modes]
        values = [self._values(params.get(p, defaults.get(p)), p, name, len(each)) for p in gate.parameters]
        for at, *given in zip(each, *values, strict=True):
            self.assembly.extend(gate.make(at, *given))

    def _values(self, value: Any, parameter: str, name: str, count: int) -> Sequence[float | Polynomial]:
        """Return the values of a parameter for several gates."""
        if isinstance(value, str):
            found = self._expression(value)
            if isinstance(found, Polynomial) and name in NUMBERS_ONLY:
                raise CircuitError(f"{parameter} must be a number, found {value[:60]!r}")
            return [found] * count
        if callable(value):
            raise CircuitError(
                f"{parameter} is a function of Python, which would have to be run; write it as text, like '0.5 * x[-1]'"
            )
        return one_each(value, parameter, count)

    def _expression(self, text: str) -> float | Polynomial:
        """Return the value of a parameter that is written as an expression of outcomes x."""
        if len(text) > MAX_EXPRESSION:
            raise CircuitError(f"expressions of at most {MAX_EXPRESSION:,} characters are read, found {len(text):,}")
        try:
            value = self._evaluated(ast.parse(text.strip(), mode="eval").body, Budget())
        except CircuitError:
            raise
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise CircuitError(f"the expression {text[:60]!r} cannot be parsed") from None
        if isinstance(value, Polynomial):
            if value.variables:
                return value
            value = value.terms.get((), 0.0)
        return one_each(value, "an expression", 1)[0]

    def _evaluated(self, node: ast.expr, budget: Budget) -> Any:
        budget.step()
        operators = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return number
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return negative(self._evaluated(inner, budget))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in operators:
                pair = self._evaluated(left, budget), self._evaluated(right, budget)
                return binary(budget, operators[type(op)], *pair)
            case ast.Subscript(value=ast.Name(id="x"), slice=index):
                place = self._evaluated(index, budget)
                return Polynomial.monomial((self._outcome(place),))
        raise CircuitError("numbers, outcomes x[k], + - * / and ** are read in expressions")

    def _outcome(self, place: Any) -> str:
        names = self.assembly.outcomes
        if not self.counts_only:
            raise CircuitError(
                "x[k] after a homodyne or heterodyne measurement depends on the simulator: the Gaussian one adds two "
                "numbers for each mode, the Fock one a single number"
            )
        if not isinstance(place, int) or not -len(names) <= place < len(names):
            raise CircuitError(f"x[{place}] does not exist: the instructions before it have {len(names)} outcome(s)")
        return names[place]

    def _measure(self, name: str, modes: Modes, params: Mapping[str, Any]) -> None:
        if name == "ParticleNumberMeasurement":
            for mode in modes:
                self.assembly.count(mode)
            return
        self.counts_only = False
        if name == "HeterodyneMeasurement":
            for mode in modes:
                self.assembly.heterodyne(mode)
            return
        (z,) = one_each(params.get("z", 1e-4), "z", 1)
        if not 0.0 <= z <= SHARP:
            raise CircuitError(
                f"z must lie in [0, {SHARP:g}], found {z:g}: a projection on less squeezed states is not a homodyne "
                "measurement, and there is no operation for it here"
            )
        self.assembly.notes[
            f"HomodyneMeasurement is read as ideal: its noise z^2 = {z**2:g}, relative to the vacuum, is left out"
        ] = None
        (angle,) = one_each(params.get("phi", 0.0), "phi", 1)
        for mode in modes:
            self.assembly.homodyne(mode, angle)
