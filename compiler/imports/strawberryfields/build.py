r"""Circuits from operations of Strawberry Fields: names of results, modes that are used again, ancillas.

Results are named by mode, as Strawberry Fields names them: the first readout of mode m is ``m{m}``, its k-th repetition
``m{m}_{k}``. A heterodyne measurement makes two results, ``.._x`` and ``.._p``: the quadratures behind a 50:50
beamsplitter whose other port is in the vacuum, so that its complex result is ``(x + i p) / sqrt(2)``. The value that a
single shot of `MSgate` reads on its ancilla is ``.._anc``.

A mode that was read, or deleted, is in the vacuum on every engine; the vacuum is prepared when an operation uses the
mode again. A mode that nothing has prepared carries the circuit's input here, although a program of Strawberry Fields
starts in the vacuum: that way gates are compared as gates. Ancillas of heterodyne measurements and of `MSgate` take
modes behind those of the program, one for each mode that needs an ancilla.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import acos, exp, pi, sqrt, tan
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.calls import Call, Imported
from compiler.imports.strawberryfields import matrices
from compiler.imports.strawberryfields.arguments import Entry, bind, number, scalar, scaled
from compiler.imports.strawberryfields.operations import (
    ALIASES,
    EMBEDDINGS,
    GATES,
    NO_INVERSE,
    REFUSED,
    SETTINGS,
    STATEFUL,
    TABLE,
)
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Parameter
from compiler.ir.polynomial import Monomial, Polynomial, Variable

MAX_MODES = 100_000
"""Largest number of modes of a program that is read."""

REAL_PART, IMAGINARY_PART = "re:", "im:"
"""Beginnings of the names of variables that stand for a part of the latest result of a mode, such as ``"re:3"``."""


def part_of_result(mode: int, *, imaginary: bool = False) -> str:
    """Return the variable of a `Value` polynomial that stands for a part of the latest result of a mode.

    A mode itself, as an integer variable, stands for a real result; that of a heterodyne measurement is complex.

    >>> part_of_result(3), part_of_result(3, imaginary=True)
    ('re:3', 'im:3')
    """
    return f"{IMAGINARY_PART if imaginary else REAL_PART}{mode}"


def build(
    calls: Iterable[Call],
    modes: int,
    symbols: tuple[str, ...] = (),
    tool: str = "Strawberry Fields",
    notes: Iterable[str] = (),
    ancillas: tuple[int, ...] = (),
) -> Imported:
    """Make a circuit of the operations of a program.

    Parameters
    ----------
    calls : iterable of Call
        In order of time. In their polynomials an integer variable m is the latest result of mode m, `part_of_result`
        the real or imaginary part of that result, and any other name a free parameter.
    modes : int
    symbols : tuple of str
        Names of the free parameters.
    tool : str
        Name of the tool or format, for messages.
    notes : iterable of str
        Notes of the reader; notes on operations are added.
    ancillas : tuple of int
        Modes of the program that serve only for readout or gadgets.

    Returns
    -------
    Imported

    Raises
    ------
    CircuitError
        If an operation is unknown, cannot be expressed in a circuit, takes other arguments, or breaks a rule of
        `Circuit`; the message says where.

    Examples
    --------
    >>> m = Polynomial.monomial((0,), -0.5)
    >>> calls = [Call("Squeezed", (0,), (0.4,)), Call("MeasureX", (0,)), Call("Dgate", (1,), (m, 0.0))]
    >>> [str(op) for op in build(calls, 2).circuit.operations]
    ['PrepareSqueezed(mode 0)', 'Homodyne(mode 0)', 'Displacement(mode 1)']
    """
    if not 0 <= modes <= MAX_MODES:
        raise CircuitError(f"{tool}: programs of 0 to {MAX_MODES} modes are read, found {modes}")
    listed = list(calls)
    builder = _Builder(modes, frozenset(symbols), _with_ancilla(listed, modes), list(notes))
    for index, call in enumerate(listed):
        where = call.where or f"operation {index}"
        try:
            builder.add(call)
        except CircuitError as error:
            raise CircuitError(f"{tool}: {where}: {str(call.name)[:40]}: {error}") from None
        except OverflowError:
            raise CircuitError(
                f"{tool}: {where}: {str(call.name)[:40]}: an argument is so large that a number leaves the range of "
                "float64; give a smaller one"
            ) from None
    further = tuple(builder.extra.values())
    try:
        circuit = Circuit(modes + len(further), tuple(builder.out), (*ancillas, *further), symbols)
    except CircuitError as error:
        raise CircuitError(f"{tool}: {error}") from None
    return Imported(circuit, tool, tuple(dict.fromkeys(builder.notes)))


def _with_ancilla(calls: list[Call], modes: int) -> dict[int, int]:
    """Return the ancilla of each mode that needs one, in order of modes, so that the order of calls does not matter."""
    needing = {
        mode for call in calls if full_name(call) == "MeasureHeterodyne" or is_single_shot(call) for mode in call.modes
    }
    return {mode: modes + place for place, mode in enumerate(sorted(needing))}


def full_name(call: Call) -> str:
    """Return the name of an operation, with the short names of `ALIASES` replaced."""
    return ALIASES.get(call.name, (call.name, ()))[0]


def is_single_shot(call: Call) -> bool:
    """Tell whether a call is a single shot of `MSgate`, which reads an ancilla."""
    average = call.keywords.get("avg", True) if len(call.args) < 5 else call.args[4]
    return call.name == "MSgate" and scalar(average) is False


@dataclass(slots=True)
class _Builder:
    modes: int
    symbols: frozenset[str]
    extra: dict[int, int]
    notes: list[str]
    out: list[ops.Operation] = field(default_factory=list)
    latest: dict[int, tuple[Parameter, Parameter]] = field(default_factory=dict)  # real and imaginary part
    complex_results: set[int] = field(default_factory=set)
    readouts: Counter[tuple[int, str]] = field(default_factory=Counter)
    gone: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)

    def add(self, call: Call) -> None:
        """Append the operations of a call."""
        name, first = ALIASES.get(call.name, (call.name, ()))
        if call.name in ALIASES and (call.args or call.keywords):
            raise CircuitError(f"takes no arguments; write {name}")
        entry = TABLE.get(name) or STATEFUL.get(name) or EMBEDDINGS.get(name)
        if entry is None:
            if name in REFUSED:
                raise CircuitError(f"is not read: {REFUSED[name]}")
            known = ", ".join(sorted({*TABLE, *EMBEDDINGS, *STATEFUL}))
            raise CircuitError(f"is not an operation of Strawberry Fields that is read; known: {known}")
        self._check_modes(name, entry, call.modes)
        if call.inverse and (name not in GATES or entry.inverse):
            raise CircuitError(f"the inverse is not read: {entry.inverse or NO_INVERSE}")
        values = bind(Call(name, call.modes, (*first, *call.args), call.keywords), entry)
        values = [self._resolved(value) if isinstance(value, Polynomial) else value for value in values]
        self._remark(name, entry, values)
        if name in STATEFUL:
            handler: Callable[..., None] = getattr(self, f"_{name.lower()}")
            handler(call.modes, *values)
            return
        if name in EMBEDDINGS:
            self._embed(call, entry.make(call.modes, *values))
            return
        made = entry.make(call.modes, *values)
        self.extend(inverted(made) if call.inverse else made)

    def extend(self, made: Iterable[ops.Operation]) -> None:
        """Append operations; prepare modes that were read in the vacuum first, unless the operations prepare them."""
        for op in made:
            if isinstance(op, ops.PREPARATIONS):
                self.gone.difference_update(op.modes)
            else:
                self._revive(op.modes)
            self.out.append(op)

    def _revive(self, modes: tuple[int, ...]) -> None:
        for mode in modes:
            if mode in self.gone:
                self.out.append(ops.PrepareVacuum((mode,)))
                self.gone.discard(mode)

    def _check_modes(self, name: str, entry: Entry, modes: tuple[int, ...]) -> None:
        if entry.arity is not None and len(modes) != entry.arity:
            raise CircuitError(f"acts on {entry.arity} mode(s), found {list(modes)[:8]}")
        if not modes:
            raise CircuitError("needs at least one mode")
        for mode in modes:
            if not 0 <= mode < self.modes:
                raise CircuitError(f"modes must lie in 0..{self.modes - 1}, found {mode}")
            if mode in self.deleted and name != "New":
                raise CircuitError(f"mode {mode} was deleted")
        if len(set(modes)) != len(modes):
            raise CircuitError(f"needs distinct modes, found {list(modes)[:8]}")

    def _remark(self, name: str, entry: Entry, values: list[Any]) -> None:
        changed = [
            argument.name
            for argument, value in zip(entry.arguments, values, strict=True)
            if argument.name in SETTINGS.get(name, ()) and str(value) != str(argument.default)
        ]
        if changed:
            self.notes.append(f"{name}: settings of an engine are not kept: {', '.join(changed)}")
        if name == "Interferometer" and (note := matrices.unitary_note(values[0])):
            self.notes.append(f"{name}: {note}")
        if name == "Interferometer" and values[1] == "triangular":
            self.notes.append(
                "Interferometer: mesh='triangular' of Strawberry Fields 0.23 applies another unitary than the matrix; "
                "the matrix is read"
            )
        if name == "MZgate" and values[0] == 0.0:
            self.notes.append(
                "MZgate with phi_in = 0 is read as defined, a swap with phases; the Fock engine of Strawberry Fields "
                "0.23 leaves it out, as every gate whose first parameter is 0"
            )

    def _resolved(self, value: Polynomial) -> Parameter:
        """Return a polynomial with results and constants in place of modes."""
        terms: dict[Monomial, float] = {}
        for key, given in value.terms.items():
            coefficient = given
            variables: list[Variable] = []
            for variable, power in key:
                name, factor = self._source(variable)
                coefficient *= factor**power
                variables += [] if name is None else [name] * power
            (found,) = Polynomial.monomial(variables).terms
            terms[found] = terms.get(found, 0.0) + coefficient
        out = Polynomial(terms)
        return out if out.variables else out.terms.get((), 0.0)

    def _source(self, variable: Variable) -> tuple[str | None, float]:
        """Return the name that a variable stands for, or None for a constant, and a factor."""
        if isinstance(variable, str) and not variable.startswith((REAL_PART, IMAGINARY_PART)):
            if variable not in self.symbols:
                raise CircuitError(f"{variable[:40]!r} is neither a free parameter nor the result of a mode")
            return variable, 1.0
        imaginary = isinstance(variable, str) and variable.startswith(IMAGINARY_PART)
        mode = variable if isinstance(variable, int) else int(variable[len(REAL_PART) :])
        if mode not in self.latest:
            raise CircuitError(f"the result of mode {mode} is used before it is read")
        if isinstance(variable, int) and mode in self.complex_results:
            raise CircuitError(
                f"the result of the heterodyne measurement of mode {mode} is complex; use the re or im of the result"
            )
        part = self.latest[mode][int(imaginary)]
        if not isinstance(part, Polynomial):
            return None, part
        ((key, factor),) = part.terms.items()
        return str(key[0][0]), factor

    def _embed(self, call: Call, made: Any) -> None:
        """Append the operations into which Strawberry Fields decomposes an operation."""
        for command in made.decompose([matrices.Wire(mode) for mode in call.modes]):
            modes = tuple(wire.ind for wire in command.reg)
            self.add(Call(type(command.op).__name__, modes, tuple(command.op.p), where=call.where))

    # --- readouts ----------------------------------------------------------------------------------------------------

    def _name(self, mode: int, suffix: str = "") -> str:
        self.readouts[mode, suffix] += 1
        again = self.readouts[mode, suffix] - 1
        name = f"m{mode}" + (f"_{again}" if again else "") + suffix
        if name in self.symbols:
            raise CircuitError(f"the free parameter {name!r} has the name of a result; rename it")
        return name

    def _measurehomodyne(self, modes: tuple[int, ...], phi: Parameter, select: Any) -> None:
        (mode,) = modes
        angle = 0.0
        if isinstance(phi, Polynomial):
            self.extend([ops.Rotation(modes, scaled(phi, -1.0))])
        else:
            angle = phi
        if select is None:
            name = self._name(mode)
            self.extend([ops.Homodyne(modes, angle, name)])
            self._read(mode, Polynomial.monomial((name,)))
        else:
            value = number(select, "select")
            self.extend([ops.PostSelect(modes, angle, value)])
            self._read(mode, value)

    def _measureheterodyne(self, modes: tuple[int, ...], select: Any) -> None:
        if select is not None:
            raise CircuitError(
                "select is not read: its value is a point of phase space, and only homodyne readouts are post-selected"
            )
        (mode,) = modes
        ancilla, name = self.extra[mode], self._name(mode)
        self.extend(
            [
                ops.PrepareVacuum((ancilla,)),
                ops.BeamSplitter((mode, ancilla), pi / 4, 0.0),
                ops.Homodyne(modes, 0.0, f"{name}_x"),
                ops.Homodyne((ancilla,), pi / 2, f"{name}_p"),
            ]
        )
        scale = sqrt(0.5)
        self._read(mode, Polynomial.monomial((f"{name}_x",), scale), Polynomial.monomial((f"{name}_p",), scale))
        self.complex_results.add(mode)

    def _measurefock(self, modes: tuple[int, ...], select: Any, dark_counts: Any) -> None:
        if select is not None:
            raise CircuitError("select is not read: a count of photons is not post-selected here")
        if dark_counts is not None:
            raise CircuitError(
                "dark_counts is not read: it adds random numbers to the counts, which no operation here does"
            )
        for mode in modes:
            name = self._name(mode)
            self.extend([ops.PhotonCount((mode,), name)])
            self._read(mode, Polynomial.monomial((name,)))

    def _read(self, mode: int, real: Parameter, imaginary: Parameter = 0.0) -> None:
        self.latest[mode] = real, imaginary
        self.complex_results.discard(mode)
        self.gone.add(mode)

    def _msgate(self, modes: tuple[int, ...], r: float, phi: float, r_anc: float, eta_anc: float, avg: bool) -> None:
        """Append squeezing by measurement: its average channel, or one shot of ancilla, readout and feed-forward."""
        if not 0.0 < eta_anc <= 1.0:
            raise CircuitError(f"eta_anc must lie in (0, 1], found {eta_anc:.6g}")
        (mode,) = modes
        half = 0.5 * (phi + pi if r < 0.0 else phi)
        r = abs(r)
        theta = acos(exp(-r))
        self.extend([ops.Rotation(modes, -half)] if half else [])
        if avg:
            noise = 1.0 - exp(-2.0 * r), (exp(2.0 * r) - 1.0) * (1.0 - eta_anc) / eta_anc  # sin^2, tan^2 of theta
            self.extend(
                [
                    ops.Squeeze(modes, r),
                    ops.DisplacementNoise(modes, noise[0] * exp(-2.0 * r_anc), noise[1]),
                ]
            )
        else:
            ancilla, name = self.extra[mode], self._name(mode, "_anc")
            self.extend([ops.PrepareSqueezed((ancilla,), r_anc), ops.BeamSplitter((mode, ancilla), theta, 0.0)])
            self.extend([ops.Loss((ancilla,), eta_anc)] if eta_anc < 1.0 else [])
            kick = Polynomial.monomial((name,), -tan(theta) / sqrt(eta_anc))
            self.extend([ops.Homodyne((ancilla,), -pi / 2, name), ops.Displacement(modes, 0.0, kick)])
        self.extend([ops.Rotation(modes, half)] if half else [])

    # --- modes that come and go --------------------------------------------------------------------------------------

    def _del(self, modes: tuple[int, ...]) -> None:
        for mode in modes:
            if mode not in self.gone:
                self.out.append(ops.PrepareVacuum((mode,)))  # discards the state
            self.deleted.add(mode)
            self.notes.append(f"mode {mode} is deleted: its state is discarded")

    def _new(self, modes: tuple[int, ...]) -> None:
        for mode in modes:
            self.out.append(ops.PrepareVacuum((mode,)))
            self.gone.discard(mode)


def inverted(made: list[ops.Operation]) -> list[ops.Operation]:
    """Return the inverse of a sequence of unitary gates.

    >>> inverted([ops.Rotation((0,), 0.5), ops.Squeeze((0,), 0.25)])
    [Squeeze(modes=(0,), r=-0.25), Rotation(modes=(0,), theta=-0.5)]
    """
    out: list[ops.Operation] = []
    for op in reversed(made):
        if isinstance(op, ops.Interferometer):
            adjoint = zip(*([element.conjugate() for element in row] for row in op.matrix), strict=True)
            out.append(ops.Interferometer(op.modes, tuple(adjoint)))
            continue
        values = op.parameters()
        kept = {"phi": values.pop("phi")} if isinstance(op, ops.BeamSplitter) else {}
        kind: Any = type(op)
        out.append(kind(op.modes, **{key: -1.0 * value for key, value in values.items()}, **kept))  # type: ignore[operator]
    return out
