"""Pictures of circuits and compiled programs for notebooks: the beginning of the circuit, with facts beside it."""

from __future__ import annotations

from compiler.errors import CircuitError
from compiler.exports.drawings.latex import to_latex
from compiler.exports.drawings.svg import PITCH, to_svg
from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS, Operation
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import CompiledProgram
from hardware_profiles.display import Picture

MOST_MODES = 40
MOST_OPERATIONS = 400
HEIGHT = 2400
"""Largest height of all systems together, in pixels."""


def beginning(circuit: Circuit, modes: int = MOST_MODES, operations: int = MOST_OPERATIONS) -> tuple[Circuit, int]:
    """Return the beginning of a circuit on its first modes, and the number of operations that it leaves out.

    An operation on other modes, or with a result that is left out, ends the drawing on all modes that it touches: what
    is drawn is exactly what happens first on these modes. Constant phases, which act on no mode, are not counted.

    Examples
    --------
    >>> from compiler.ir import operations as ops
    >>> circuit = Circuit(3, (ops.Squeeze((0,), 1.0), ops.ControlledZ((0, 2), 1.0), ops.Squeeze((0,), 1.0)))
    >>> cut, missing = beginning(circuit, modes=2)
    >>> len(cut.operations), missing
    (1, 2)
    """
    count = min(circuit.modes, modes)
    kept: list[Operation] = []
    known = set(circuit.symbols)
    ended = set(range(count, circuit.modes))
    acting = [op for op in circuit.operations if op.modes]
    for op in acting:
        names = {n for v in op.parameters().values() if isinstance(v, Polynomial) for n in v.names}
        if len(kept) == operations:
            break
        if not ended.isdisjoint(op.modes) or not known.issuperset(names):
            ended.update(op.modes)
            continue
        kept.append(op)
        if isinstance(op, MEASUREMENTS):
            known.add(op.result)
    ancillas = tuple(mode for mode in circuit.ancillas if mode < count)
    return Circuit(count, tuple(kept), ancillas, circuit.symbols), len(acting) - len(kept)


def circuit_picture(circuit: Circuit) -> Picture:
    """Return a circuit as a picture that can be written as SVG and LaTeX.

    Raises
    ------
    CircuitError
        If the circuit has no modes.
    """
    return _picture(circuit, f"Circuit of {circuit.modes} modes and {len(circuit.operations)} operations", ())


def _picture(circuit: Circuit, title: str, facts: tuple[tuple[str, str], ...]) -> Picture:
    if circuit.modes == 0:
        raise CircuitError("a drawing needs at least one mode, found a circuit without modes")
    shown, omitted = beginning(circuit)
    systems = max(1, HEIGHT // (PITCH * shown.modes))

    def svg() -> bytes:
        return to_svg(shown, systems=systems, omitted=omitted).encode("utf-8")

    rows = [*facts, *_shape(circuit)]
    if shown.modes < circuit.modes:
        rows.append(("drawn", f"the first {shown.modes} of {circuit.modes} modes, until they meet other modes"))
    return Picture(title, tuple(rows), {".svg": svg, ".tex": lambda: to_latex(circuit).encode("utf-8")})


def _shape(circuit: Circuit) -> list[tuple[str, str]]:
    found = [
        ("modes", f"{circuit.modes} ({len(circuit.ancillas)} ancillas)" if circuit.ancillas else f"{circuit.modes}")
    ]
    found.append(
        ("operations", f"{len(circuit.operations)} ({sum(not op.gaussian for op in circuit.operations)} non-Gaussian)")
    )
    for name, values in (("results", circuit.results), ("symbols", circuit.symbols)):
        if values:
            more = f", ... ({len(values)} in all)" if len(values) > 12 else ""
            found.append((name, ", ".join(values[:12]) + more))
    return found


def program_picture(program: CompiledProgram) -> Picture:
    """Return the native circuit of a compiled program, with its costs and its proof."""
    costs, proof = program.resources, program.verification
    facts = (
        ("profile", program.profile.name),
        ("strategy", program.strategy),
        ("depth", f"{costs.depth} (non-Gaussian {costs.non_gaussian_depth})"),
        ("total cubic strength", f"{costs.total_cubic_strength:.6g}"),
        ("largest squeezing r", f"{costs.largest_squeezing:.6g}"),
        (
            "equal to its source",
            f"{'yes' if proof.equivalent else 'no'} (residual {proof.residual:.1e}, {program.method})",
        ),
        ("compiled in", f"{program.seconds:.3g} s"),
    )
    return _picture(program.circuit, f"Program compiled for {program.profile.name}", facts)
