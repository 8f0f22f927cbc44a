"""What installed public tools do with cubic phases of several modes, asked by their own compilers.

Strawberry Fields has no gate ``exp(i w x_a x_b x_c / hbar)``. So a program is written by hand, edge by edge and in two
ways, proved equal to the phase, and handed to every compiler of the package. MrMustard is asked for its gates.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from itertools import combinations
from typing import Any

import numpy as np

from compiler import Circuit, Polynomial, compile_circuit, phase
from compiler.comparison import compare
from compiler.exports.strawberryfields.program import strawberryfields, to_strawberryfields
from compiler.synthesis.form import CubicForm
from compiler.synthesis.polarization import polarize
from hardware_profiles import load_profile

Edges = dict[tuple[int, int, int], float]


def one_edge_in_peers() -> list[str]:
    """Count cubic gates before and after the compilers of Strawberry Fields, beside this compiler; markdown lines."""
    rng = np.random.default_rng(6)
    forms: dict[str, Edges] = {
        "one edge": {(0, 1, 2): 0.3},
        "two edges that share two modes": {(0, 1, 2): 0.3, (0, 1, 3): -0.2},
        "dense, n = 6": {key: float(rng.uniform(0.1, 0.5) * rng.choice([-1, 1])) for key in combinations(range(6), 3)},
    }
    writings: dict[str, Callable[[Edges], Any]] = {"polarization": _polarized, "inclusion-exclusion": _inclusion}
    lines = [
        "| phase | program for Strawberry Fields | cubic gates written | equals the phase | after `fock` | "
        "after `fock`, `optimize=True` | this compiler |",
        "|---|---|---:|---|---:|---:|---:|",
    ]
    others: dict[str, str] = {}
    for name, edges in forms.items():
        source = _circuit(edges)
        ours = compile_circuit(source, load_profile("ideal-cubic")).resources.counts["cubic_phase"]
        for writing, write in writings.items():
            program = write(edges)
            compiled = [program.compile(compiler="fock", optimize=optimize) for optimize in (False, True)]
            equal = all(compare(source, each).equivalent for each in (program, *compiled))
            lines.append(
                f"| {name} | {writing} | {_cubics(program)} | {'yes' if equal else 'no'} | {_cubics(compiled[0])} | "
                f"{_cubics(compiled[1])} | {ours} |"
            )
            others = {**others, **_other_compilers(program)} if writing == "polarization" else others
    return [*lines, "", *(f"- {line}" for line in (*_about_strawberry_fields(others), _about_mrmustard()))]


def _circuit(edges: Edges) -> Circuit:
    polynomials = (Polynomial.monomial(key, w) for key, w in edges.items())
    return Circuit(1 + max(map(max, edges)), tuple(map(phase, polynomials)))


def _polarized(edges: Edges) -> Any:
    """Four cubic gates and eight beamsplitters per edge."""
    circuit = _circuit(edges)
    return to_strawberryfields(Circuit(circuit.modes, polarize(CubicForm(circuit.modes, edges)).operations))


def _inclusion(edges: Edges) -> Any:
    """Seven cubic gates per edge, by ``6 x y z = (x+y+z)^3 - (x+y)^3 - (x+z)^3 - (y+z)^3 + x^3 + y^3 + z^3``."""
    sf = strawberryfields()
    program = sf.Program(1 + max(map(max, edges)))
    with program.context as q:
        for key, w in edges.items():
            for size in (1, 2, 3):
                for *added, target in combinations(key, size):
                    for mode in added:
                        sf.ops.CXgate(1.0) | (q[mode], q[target])
                    sf.ops.Vgate((-1) ** (3 - size) * w / 2.0) | q[target]
                    for mode in added:
                        sf.ops.CXgate(-1.0) | (q[mode], q[target])
    return program


def _cubics(program: Any) -> int:
    return sum(type(command.op).__name__ == "Vgate" for command in program.circuit)


def _other_compilers(program: Any) -> dict[str, str]:
    """Ask every compiler but `fock`; a number of cubic gates, or the kind of refusal."""
    import networkx as nx
    from strawberryfields.compilers import compiler_db
    from strawberryfields.program_utils import CircuitError

    answers: dict[str, str] = {}
    for name in compiler_db:
        if name != "fock":
            try:
                answers[name] = f"{_cubics(program.compile(compiler=name))} cubic gates"
            except (CircuitError, nx.NetworkXUnfeasible) as error:
                answers[name] = f"raises {type(error).__name__}"
    return answers


def _about_strawberry_fields(answers: dict[str, str]) -> list[str]:
    sf = strawberryfields()
    program = sf.Program(3)
    try:
        with program.context as q:
            sf.ops.Vgate(0.3) | (q[0], q[1], q[2])
        answer = "accepts it"
    except ValueError as error:
        answer = f"refuses it: {error}"
    by_answer: dict[str, list[str]] = {}
    for name, found in answers.items():
        by_answer.setdefault(found, []).append(f"`{name}`")
    found = "; ".join(f"{', '.join(names)}: {text}" for text, names in by_answer.items())
    return [
        f"Strawberry Fields {version('strawberryfields')}, asked for its cubic gate on three modes, {answer}",
        f"Its other compilers, given the polarised dense form: {found}",
    ]


def _about_mrmustard() -> str:
    from mrmustard.lab import gates
    from mrmustard.lab.abstract import Transformation

    kinds = [kind for kind in vars(gates).values() if isinstance(kind, type) and issubclass(kind, Transformation)]
    own = sorted(kind.__name__ for kind in kinds if kind.__module__ == gates.__name__)
    cubic = [name for name in own if "cubic" in name.lower() or name == "Vgate"]
    return (
        f"MrMustard {version('mrmustard')} has {len(own)} gates and channels, {len(cubic)} of them a cubic phase: "
        f"{', '.join(own)}"
    )


if __name__ == "__main__":
    print("\n".join(one_edge_in_peers()))
