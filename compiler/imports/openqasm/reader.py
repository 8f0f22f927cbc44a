"""Reader of CV-OpenQASM: the dialect of hybridlane and the text of `compiler.exports.openqasm.cv_writer`.

Constants are computed, calls of gates and subroutines are replaced by their bodies, and loops are unrolled, all within
stated bounds. Results and inputs stay symbols. Parts that a circuit cannot hold (qubits, branches on results) are
refused.
"""

from __future__ import annotations

from compiler.errors import CircuitError
from compiler.imports.calls import Imported
from compiler.imports.openqasm.program import Program
from compiler.imports.openqasm.text import statements
from compiler.imports.reading.call_script import bounded
from compiler.ir.circuit import Circuit
from compiler.ir.relabel import relabelled, with_results

WHAT = "CV-OpenQASM"

PREFIX = "c_"
"""Beginning of the names of variables that hold results, as our writer names them."""

UNITS = (
    "the text has hbar = 1 and this project hbar = 2: positions, momenta and results were multiplied by sqrt(2), and "
    "arguments of gates converted"
)


def from_cv_openqasm(text: str) -> Circuit:
    """Read the circuit of CV-OpenQASM text; `read_cv_openqasm` also returns notes on differences from the text.

    Raises
    ------
    CircuitError
        As `read_cv_openqasm`.

    Examples
    --------
    >>> text = 'OPENQASM 3.0; include "cvstdgates.inc"; qumode[2] m; cv_sum(0.5) m[0], m[1]; float y = measure_x m[1];'
    >>> [str(op) for op in from_cv_openqasm(text).operations]
    ['ControlledX(modes 0, 1)', 'Homodyne(mode 1)']
    """
    return read_cv_openqasm(text, WHAT).circuit


def read_cv_openqasm(text: str, where: str = WHAT) -> Imported:
    r"""Read CV-OpenQASM text, strict or with the words of the dialect, as a circuit.

    Results are named after the variables that take them (without ``c_`` if all names begin so, as our writer has it),
    and otherwise after their mode. A variable that is used again gets a number. Modes that nothing resets carry the
    circuit's input.

    Parameters
    ----------
    text : str
        OpenQASM 3 with the gates of ``cvstdgates.inc`` (`compiler.imports.openqasm.dialect.LIBRARY`).
    where : str
        Name of the text, for messages.

    Returns
    -------
    Imported
        The circuit, with notes on units and on all parts of the text that were left out.

    Raises
    ------
    CircuitError
        If the text is not OpenQASM 3, is too large, or holds parts that a circuit cannot express: gates on qubits,
        branches, functions of results that are not polynomials. The message names the line.

    Examples
    --------
    >>> found = read_cv_openqasm('''OPENQASM 3.0;
    ... include "cvstdgates.inc";
    ... qumode[2] m;
    ... for int i in [0:1] { reset m[i]; cv_sq(0.5, pi/4) m[i]; }
    ... float y = measure_n m[1];''')
    >>> found.circuit.modes, found.circuit.results, len(found.notes)
    (2, ('y',), 2)
    """
    qumodes: set[str] = set()
    program = Program(where, qumodes)
    try:
        with bounded(where):
            for statement, offset in statements(text, where, qumodes):
                program.offset = offset
                program.read(statement)
        kept, left_out = program.work.registers.kept()
        circuit = _circuit(program, kept)
    except CircuitError as error:
        message = "".join(c if c.isprintable() else "?" for c in str(error))
        raise CircuitError(message if message.startswith(where) else f"{where}: {message}") from None
    return Imported(circuit, WHAT, (UNITS, *program.notes, *left_out))


def _circuit(program: Program, kept: list[int]) -> Circuit:
    """Return the circuit of the modes that are kept; only resets act on the other modes."""
    operations = program.operations
    if len(kept) < len(program.work.registers.owner):
        places = {wire: place for place, wire in enumerate(kept)}
        operations = [relabelled(op, places) for op in operations if places.keys() >= set(op.modes)]
    circuit = Circuit(len(kept), tuple(operations), (), tuple(program.work.symbols))
    names = tuple(name.removeprefix(PREFIX) for name in circuit.results)
    plain = all(name.startswith(PREFIX) for name in circuit.results) and all(names)
    if not plain or set(names) & set(program.work.symbols) or any(name[0].isdigit() for name in names):
        return circuit
    return with_results(circuit, names)
