"""Walk through the statements of a CV-OpenQASM text, and collect the operations of its circuit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.openqasm.dialect import LIBRARY, OWN, library_gate, own_definitions, refusal, require_operands
from compiler.imports.openqasm.expressions import FUNCTIONS, Value, checked, number, polynomial
from compiler.imports.openqasm.registers import Wires, spread
from compiler.imports.openqasm.text import READOUTS
from compiler.imports.openqasm.variables import Meaning, Variable, kind_of
from compiler.imports.openqasm.workspace import Workspace
from compiler.imports.reading.call_script import LocatedError
from compiler.imports.strawberryfields.build import inverted
from compiler.ir import operations as ops
from compiler.ir.polynomial import Polynomial

INCLUDES = ("stdgates.inc", "cvstdgates.inc")

MAX_STEPS = 100_000
"""Largest number of statements and operations that loops, gates and subroutines of a text may unfold into."""

MAX_EXPONENT = 1 << 31
"""Largest power of a gate."""

MEASURE = "measure reads qubits; qumodes are read by measure_x and measure_n"

BRANCH = "branches are not read: in a circuit, results can change only the arguments of gates"

SQUEEZING = (
    "cv_sq(r, phi) is read with zeta = r e^(2 i phi), as arXiv:2407.10381 and hybridlane since version 0.8 define it; "
    "older versions of hybridlane had e^(i phi)"
)

REFUSED = {
    **dict.fromkeys(("BranchingStatement", "WhileLoop", "SwitchStatement"), BRANCH),
    **dict.fromkeys(("QuantumMeasurementStatement", "QuantumMeasurement"), MEASURE),
}
"""Statements that are not read, with the reason."""

LEFT_OUT = {
    "QuantumBarrier": "barrier is left out: operations keep the order of the text",
    "DelayInstruction": "delay is left out: without noise it changes nothing",
    "Pragma": "a pragma is left out",
    "CalibrationStatement": "calibrations are left out: pulses are not read",
    "CalibrationGrammarDeclaration": "calibrations are left out: pulses are not read",
}
"""Statements that do not change the circuit, and the note on each."""

OUTERMOST = ("QubitDeclaration", "QuantumGateDefinition", "SubroutineDefinition", "IODeclaration", "Include")
"""Statements that may not stand in a block."""

IN_GATES = (
    "QuantumGate",
    "QuantumPhase",
    "QuantumBarrier",
    "DelayInstruction",
    "ForInLoop",
    "Box",
    "CompoundStatement",
)
"""Statements that the definition of a gate may hold."""


class _Return(Exception):  # noqa: N818 (no error: this exception ends a subroutine)
    def __init__(self, value: Any) -> None:
        self.value = value


@dataclass(slots=True)
class Program:
    """The operations that were read so far, and the names that the text has defined.

    Attributes
    ----------
    where : str
        Name of the text, for messages.
    qumodes : set of str
        Names of registers that are declared as qumodes.
    offset : int
        Number of lines before the piece of text that is read now.
    """

    where: str
    qumodes: set[str]
    offset: int = 0
    operations: list[ops.Operation] = field(default_factory=list)
    gates: dict[str, Any] = field(default_factory=dict)
    subroutines: dict[str, Any] = field(default_factory=dict)
    measured: set[int] = field(default_factory=set)
    steps: int = 0
    in_gate: bool = False
    work: Workspace = field(init=False)

    def __post_init__(self) -> None:
        self.work = Workspace(self._value)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return remarks on statements that were left out or changed."""
        return tuple(self.work.names.notes)

    def read(self, node: Any) -> None:
        """Carry out a statement.

        Raises
        ------
        LocatedError
            If the statement is not read; the message says why, and where.
        """
        try:
            if self.work.names.depth:
                self._count(1)
            self._statement(node)
        except LocatedError:
            raise
        except CircuitError as error:
            line = f" line {self.offset + node.span.start_line}" if node.span is not None else ""
            raise LocatedError(f"{self.where}{line}: {error}{_shown(node)}") from None

    def _statement(self, node: Any) -> None:
        kind = type(node).__name__
        if kind in REFUSED:
            raise CircuitError(REFUSED[kind])
        if (self.in_gate and kind not in IN_GATES) or (kind in OUTERMOST and self.work.names.depth):
            raise CircuitError(
                f"a statement of this kind ({kind}) must not stand in a {'gate' if self.in_gate else 'block'}"
            )
        if kind in LEFT_OUT:
            self._note(LEFT_OUT[kind])
            return
        handler: Callable[[Any], None] | None = getattr(self, f"_on_{kind.lower()}", None)
        if handler is None:
            raise CircuitError(f"a statement of this kind ({kind}) is not read")
        handler(node)

    def _note(self, text: str) -> None:
        self.work.names.notes[text] = None

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise CircuitError(f"loops, gates and subroutines unfold into more than {MAX_STEPS:,} operations")

    # --- files, registers, blocks ------------------------------------------------------------------------------------

    def _on_include(self, node: Any) -> None:
        if node.filename not in INCLUDES:
            raise CircuitError(f"no other file is read: include must name {' or '.join(INCLUDES)}")

    def _on_calibrationdefinition(self, node: Any) -> None:
        if node.name.name not in READOUTS:
            self._note(f"defcal {node.name.name[:40]} is left out: pulses are not read")

    def _on_qubitdeclaration(self, node: Any) -> None:
        name = node.qubit.name
        size = 1 if node.size is None else self.work.whole(node.size, "the size of a register")
        line = self.offset + (node.span.start_line if node.span is not None else 0)
        self.work.names.declare(name, self.work.registers.declare(name, size, name in self.qumodes, line))

    def _on_aliasstatement(self, node: Any) -> None:
        self.work.names.declare(node.target.name, self.work.wires(node.value))

    def _on_compoundstatement(self, node: Any) -> None:
        self._block(node.statements, {})

    def _on_box(self, node: Any) -> None:
        self._note("box is left out, and the statements in it are read")
        self._block(node.body, {})

    def _on_forinloop(self, node: Any) -> None:
        from openqasm3 import ast

        match node.set_declaration:
            case ast.RangeDefinition() as given:
                values: Iterable[Value] = spread(given, self.work.arithmetic.evaluate)
            case ast.DiscreteSet(values=given):
                values = [self.work.arithmetic.evaluate(value) for value in given]
            case _:
                raise CircuitError("a loop runs over a range [a:b], [a:step:b] or a set {a, b}")
        kind = kind_of(node.type)
        for value in values:
            self._count(1)
            self._block(node.block, {node.identifier.name: Variable(kind, self.work.names.converted(kind, value))})

    def _block(self, body: Iterable[Any], names: dict[str, Meaning]) -> None:
        with self.work.names.scope(names):
            for statement in body:
                self.read(statement)

    # --- gates -------------------------------------------------------------------------------------------------------

    def _on_quantumreset(self, node: Any) -> None:
        for wire in self.work.wires(node.qubits):
            self.operations.append(ops.PrepareVacuum((wire,)))
            self.measured.discard(wire)
            if self.work.names.depth:
                self._count(1)

    def _on_quantumphase(self, node: Any) -> None:
        self._power(node.modifiers)
        self.work.arithmetic.evaluate(node.argument)
        self._note("gphase is left out: a global phase does not change a circuit here")

    def _on_quantumgatedefinition(self, node: Any) -> None:
        name = node.name.name
        if name in self.gates:
            raise CircuitError(f"the gate {name} is defined twice")
        if name not in LIBRARY or node.body:  # cvstdgates.inc declares gates without a body
            self.gates[name] = node

    def _on_quantumgate(self, node: Any) -> None:
        power = self._power(node.modifiers)
        values = [polynomial(self.work.arithmetic.evaluate(argument)) for argument in node.arguments]
        operands = [self.work.wires(operand) for operand in node.qubits]
        sizes = {len(operand) for operand in operands} - {1}
        if len(sizes) > 1:
            raise CircuitError(f"registers in one gate must have the same size, found {sorted(sizes)}")
        if node.duration is not None:
            self._note("durations of gates are left out")
        for place in range(max(sizes, default=1)):
            modes = tuple(operand[place if len(operand) > 1 else 0] for operand in operands)
            if len(modes) != len(set(modes)):
                raise CircuitError(f"a gate needs distinct modes, found {list(modes)}")
            made = self._made(node.name.name, modes, values, power)
            if gone := self.measured.intersection(modes):
                raise CircuitError(f"mode {min(gone)} was read, and a readout here ends the mode; reset it first")
            if sizes or self.work.names.depth:
                self._count(len(made))
            self.work.registers.use(modes)
            self.operations += made

    def _made(self, name: str, modes: Wires, values: list[Polynomial], power: int) -> list[ops.Operation]:
        """Return the operations of a gate to a whole power."""
        definition = self.gates.get(name)
        if definition is None or definition == own_definitions().get(name):
            if name not in LIBRARY and (name not in OWN or definition is None):
                raise CircuitError(refusal(name))
            if name == "cv_sq" and values[1:] and values[1]:
                self._note(SQUEEZING)
            return library_gate(name, modes, [self._converted(value) for value in values], power)
        names, wires = definition.arguments, definition.qubits
        require_operands(name, len(names), len(wires), values, modes)
        scope: dict[str, Meaning] = {n.name: Variable("float", checked(v)) for n, v in zip(names, values, strict=True)}
        scope |= {n.name: (mode,) for n, mode in zip(wires, modes, strict=True)}
        kept, self.operations = self.operations, []
        inside, self.in_gate = self.in_gate, True
        try:
            with self.work.names.scope(scope, alone=True):
                for statement in definition.body:
                    self.read(statement)
            made = self.operations
        finally:
            self.operations, self.in_gate = kept, inside
        self._count(len(made) * max(abs(power) - 1, 0))
        return (inverted(made) if power < 0 else made) * abs(power)

    def _converted(self, value: Polynomial) -> Polynomial:
        """Return a polynomial in positions of the text as one in positions here, which are sqrt(2) times larger."""
        if not value.variables:
            return value
        others = {*self.work.names.photons, *self.work.symbols}
        powers = {key: sum(q for v, q in key if v not in others) for key in value.terms}
        return Polynomial({key: c * 2.0 ** (-powers[key] / 2.0) for key, c in value.terms.items()})

    def _power(self, modifiers: Iterable[Any]) -> int:
        """Return the whole power that modifiers ask for."""
        power = 1
        for modifier in modifiers:
            kind = modifier.modifier.name
            if kind not in {"inv", "pow"}:
                raise CircuitError(f"{kind} controls a gate by a qubit, and circuits here hold qumodes only")
            factor = -1.0
            if kind == "pow":
                factor = number(self.work.arithmetic.evaluate(modifier.argument), "the exponent of pow")
            if factor != int(factor):
                raise CircuitError(
                    f"pow takes whole numbers here, found {factor:.6g}: other powers of a unitary are not unique"
                )
            power *= int(factor)
            if abs(power) > MAX_EXPONENT:
                raise CircuitError(f"powers of gates must be at most {MAX_EXPONENT:,}, found {power:,}")
        return power

    # --- numbers, readouts and subroutines ---------------------------------------------------------------------------

    def _on_constantdeclaration(self, node: Any) -> None:
        self.work.declare(node, constant=True)

    def _on_classicaldeclaration(self, node: Any) -> None:
        self.work.declare(node, constant=False)

    def _on_classicalassignment(self, node: Any) -> None:
        self.work.assign(node)

    def _on_iodeclaration(self, node: Any) -> None:
        self.work.input(node)

    def _on_expressionstatement(self, node: Any) -> None:
        from openqasm3 import ast

        if not isinstance(node.expression, ast.FunctionCall):
            raise CircuitError("an expression that stands alone must be a call of a subroutine or a readout")
        self._value(node.expression)

    def _on_subroutinedefinition(self, node: Any) -> None:
        name = node.name.name
        if name in self.subroutines or name in READOUTS:
            raise CircuitError(f"the subroutine {name} is defined twice, or has the name of a readout")
        self.subroutines[name] = node

    def _on_returnstatement(self, node: Any) -> None:
        raise _Return(None if node.expression is None else self._value(node.expression))

    def _value(self, node: Any, name: str | None = None) -> Any:
        """Return the value of an expression; a readout that stands alone is named after the variable that takes it."""
        function = node.name.name if type(node).__name__ == "FunctionCall" else ""
        if type(node).__name__ in REFUSED:
            raise CircuitError(REFUSED[type(node).__name__])
        if self.in_gate and function in {*READOUTS, *self.subroutines}:
            raise CircuitError("the definition of a gate may hold gates only, found a call")
        if function in READOUTS:
            return self._readout(node, name)
        if function in self.subroutines:
            return self._subroutine(node, name)
        if function and function not in FUNCTIONS:
            raise CircuitError(f"the function {function} is not defined; known: {', '.join(FUNCTIONS)}")
        return self.work.arithmetic.evaluate(node)

    def _readout(self, node: Any, wanted: str | None) -> Value | list[Value]:
        if len(node.arguments) != 1:
            raise CircuitError(
                f"{node.name.name} reads one mode or one register, found {len(node.arguments)} arguments"
            )
        wires = self.work.wires(node.arguments[0])
        photons = node.name.name in {"measure_n", "fock_number"}
        out: list[Value] = []
        for place, wire in enumerate(wires):
            if wire in self.measured:
                raise CircuitError(f"mode {wire} was read before, and a readout here ends the mode; reset it first")
            name = self.work.result(wanted if len(wires) == 1 or wanted is None else f"{wanted}_{place}", wire)
            self.operations.append(ops.PhotonCount((wire,), name) if photons else ops.Homodyne((wire,), 0.0, name))
            if photons:
                self.work.names.photons.add(name)
            self.measured.add(wire)
            out.append(Polynomial.monomial((name,)))
        self.work.registers.use(wires)
        return out if len(out) != 1 else out[0]

    def _subroutine(self, node: Any, wanted: str | None) -> Any:
        from openqasm3 import ast

        name, given = node.name.name, node.arguments
        definition = self.subroutines[name]
        self._count(1)
        if len(definition.arguments) != len(given):
            raise CircuitError(f"{name} takes {len(definition.arguments)} argument(s), found {len(given)}")
        scope: dict[str, Meaning] = {}
        for parameter, argument in zip(definition.arguments, given, strict=True):
            if isinstance(parameter, ast.QuantumArgument):
                size = 1 if parameter.size is None else self.work.whole(parameter.size, "the size of a register")
                scope[parameter.name.name] = wires = self.work.wires(argument)
                if len(wires) != size:
                    raise CircuitError(f"{name} takes {size} mode(s) as {parameter.name.name}, found {len(wires)}")
            else:
                kind = kind_of(parameter.type)
                value = self.work.names.converted(kind, self.work.arithmetic.evaluate(argument))
                scope[parameter.name.name] = Variable(kind, value)
        with self.work.names.scope(scope, alone=True):
            for statement in definition.body:
                if isinstance(statement, ast.ReturnStatement) and statement.expression is not None:
                    return self._value(statement.expression, wanted)
                try:
                    self.read(statement)
                except _Return as returned:
                    return returned.value
        return None


def _shown(node: Any) -> str:
    """Return the beginning of a statement, for messages."""
    import openqasm3

    try:
        text = openqasm3.dumps(node)
    except (RecursionError, ValueError):  # thousands of operators in a row, or thousands of digits in a number
        return ""
    return f", found {' '.join(text.split())[:60]!r}"
