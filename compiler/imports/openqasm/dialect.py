r"""The gates of CV-OpenQASM, ``cvstdgates.inc`` of hybridlane 0.8, and their operations here.

Definitions: Y. Liu et al., PRX Quantum 7, 101201 (2026), arXiv:2407.10381, with hbar = 1, and the Fock matrices of
hybridlane (``hybridlane/ops/qumode``), which agree with them. Generators that are written in ladder operators do not
depend on hbar; positions here are sqrt(2) times those there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import pi, sqrt
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.openqasm.expressions import checked, number
from compiler.imports.openqasm.text import standard
from compiler.imports.strawberryfields import preparations
from compiler.imports.strawberryfields.arguments import direction, parameter
from compiler.ir import operations as ops
from compiler.ir.polynomial import Polynomial
from hardware_profiles.extras import need

Modes = tuple[int, ...]

CUBIC = -sqrt(2.0) / 3.0
"""Argument of ``cv_c`` per unit of gamma: exp(i gamma x^3 / 6) = exp(i gamma (sqrt 2 / 3) x_1^3)."""

DEFINITIONS = {
    "khrnn_shear": (
        "// exp(i s x_1^2 / 2): p -> p + s x",
        "gate khrnn_shear(s) qumode a {",
        "    cv_r(pi/4 - arctan(s/2)/2) a;",
        "    cv_sq(-log(s/2 + sqrt(1 + s*s/4)), 0) a;",
        "    cv_r(-pi/4 - arctan(s/2)/2) a;",
        "}",
    ),
    "khrnn_cz": (
        "// exp(i s x_1 x_1'): p -> p + s x', p' -> p' + s x",
        "gate khrnn_cz(s) qumode a, qumode b {",
        "    cv_r(pi/2) b;",
        "    cv_sum(s) a, b;",
        "    cv_r(-pi/2) b;",
        "}",
    ),
}
"""Gates that the standard library lacks."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate of the library.

    Attributes
    ----------
    arguments, modes : int
        Numbers of arguments and qumodes that the gate takes.
    make : callable
        From modes and arguments (polynomials) to operations in order of time.
    group : bool
        Whether its k-th power multiplies the first argument by k.
    """

    arguments: int
    modes: int
    make: Callable[..., list[ops.Operation]]
    group: bool = True


def _squeezed(modes: Modes, r: Polynomial, phi: Polynomial) -> list[ops.Operation]:
    """Return ``S(zeta)`` with ``zeta = r e^{2 i phi}``: a squeezer along the direction phi."""
    if not phi.variables:
        c, s = direction(number(checked(phi), "phi"))
        if s == 0.0 or c == 0.0:
            return [ops.Squeeze(modes, r if s == 0.0 else -r)]
    return _turned(modes, phi, [ops.Squeeze(modes, r)])


def _turned(modes: Modes, angle: Polynomial, made: list[ops.Operation]) -> list[ops.Operation]:
    """Return operations turned in phase space: along the direction ``angle`` instead of the x axis."""
    return [ops.Rotation(modes, -angle), *made, ops.Rotation(modes, angle)]


def _two_mode_squeezed(modes: Modes, r: Polynomial, phi: Polynomial) -> list[ops.Operation]:
    """Return ``exp(r (e^{i phi} a^dagger b^dagger - e^{-i phi} a b))``: squeezers between beamsplitters."""
    first, second = modes[:1], modes[1:]
    made: list[ops.Operation] = [
        ops.BeamSplitter(modes, pi / 4, 0.0),
        ops.Squeeze(first, r),
        ops.Squeeze(second, -r),
        ops.BeamSplitter(modes, -pi / 4, 0.0),
    ]
    return _turned(first, phi, made) if phi else made


def _kerr(modes: Modes, kappa: Polynomial) -> list[ops.Operation]:
    """Return ``exp(-i kappa n^2)``."""
    return [ops.Kerr(modes, -number(checked(kappa), "kappa"))]


def _splitter(modes: Modes, theta: Polynomial, phi: Polynomial) -> list[ops.Operation]:
    """Return ``exp(-i theta / 2 (e^{i phi} a^dagger b + e^{-i phi} a b^dagger))``."""
    return [ops.BeamSplitter(modes, 0.5 * theta, -phi - Polynomial.constant(pi / 2))]


LIBRARY: dict[str, Gate] = {
    "cv_r": Gate(1, 1, lambda modes, theta: [ops.Rotation(modes, -theta)]),
    "cv_d": Gate(2, 1, lambda modes, r, phi: preparations.displaced(modes, r, parameter(phi, "phi"))),
    "cv_sq": Gate(2, 1, _squeezed),
    "cv_k": Gate(1, 1, _kerr),
    "cv_c": Gate(1, 1, lambda modes, r: [ops.CubicPhase(modes, (1.0 / CUBIC) * r)]),
    "cv_f": Gate(0, 1, lambda modes: [ops.Rotation(modes, -pi / 2)], group=False),
    "cv_bs": Gate(2, 2, _splitter),
    "cv_tms": Gate(2, 2, _two_mode_squeezed),
    "cv_sum": Gate(1, 2, lambda modes, s: [ops.ControlledX(modes, s)]),
    "cv_swap": Gate(0, 2, lambda modes: [ops.Interferometer(modes, ((0.0, 1.0), (1.0, 0.0)))], group=False),
}
"""Gates on qumodes; ``cvstdgates.inc`` declares the first eight without a definition."""

OWN: dict[str, Gate] = {
    "khrnn_shear": Gate(1, 1, lambda modes, s: [ops.Shear(modes, s)]),
    "khrnn_cz": Gate(1, 2, lambda modes, s: [ops.ControlledZ(modes, s)]),
}
"""Gates of `DEFINITIONS`, which are read as one operation if the text defines them in this way."""

ON_QUBITS = frozenset(
    (
        *("U", "u", "u1", "u2", "u3", "p", "phase", "id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg"),
        *("rx", "ry", "rz", "cx", "CX", "cy", "cz", "ch", "cp", "cphase", "crx", "cry", "crz", "cu", "ccx", "ecr"),
        *("swap", "cswap", "iswap", "rxx", "ryy", "rzz"),
    )
)
"""Gates on qubits of ``stdgates.inc``, and others that hybridlane writes."""

HYBRID = frozenset(
    (
        *("cv_cr", "cv_cd", "cv_cs", "cv_cp", "cv_sqr", "cv_jc", "cv_ajc", "cv_cbs", "cv_ctms", "cv_csum"),
        *("cv_csq2", "cv_ecd", "cv_xcd", "cv_rb"),
    )
)
"""Gates of ``cvstdgates.inc`` that act on a qubit and qumodes."""

DRAFTS = {
    "cv_p3": "cv_c(r), which is exp(-i r x^3)",
    "cv_sq2": "cv_tms(r, phi), which is exp(r (e^(i phi) a^dagger b^dagger - h.c.))",
}
"""Gates of the first drafts of hybridlane, whose signs differed, and the gates of today that replace them."""


@cache
def own_definitions() -> dict[str, Any]:
    """Return the statements of `DEFINITIONS`, as `openqasm3` parses them."""
    need("openqasm3")
    import openqasm3

    return {
        name: openqasm3.parse(standard("\n".join(["OPENQASM 3.0;", *body]))).statements[0]
        for name, body in DEFINITIONS.items()
    }


def refusal(name: str) -> str:
    """Return the reason why a gate is not read."""
    if name in ON_QUBITS:
        return f"{name} acts on qubits, and circuits here hold qumodes only"
    if name in HYBRID:
        return f"{name} acts on a qubit and qumodes, and circuits here hold qumodes only"
    if name == "cv_snap":
        return (
            "cv_snap changes the phase of one Fock state, for which there is no operation here; besides, hybridlane "
            "documents it as e^(-i phi) and computes e^(i phi)"
        )
    if name in DRAFTS:
        return f"{name} is a name of the first drafts of hybridlane, with other signs; write {DRAFTS[name]}"
    return f"no gate {name} is defined in the text or in cvstdgates.inc; {', '.join(LIBRARY)} are read"


def require_operands(name: str, arguments: int, qumodes: int, values: list[Polynomial], modes: Modes) -> None:
    """Raise CircuitError unless a gate is given as many arguments and qumodes as it takes."""
    if len(values) != arguments:
        raise CircuitError(f"{name} takes {arguments} argument(s), found {len(values)}")
    if len(modes) != qumodes:
        raise CircuitError(f"{name} acts on {qumodes} qumode(s), found {len(modes)}")


def library_gate(name: str, modes: Modes, values: list[Polynomial], power: int = 1) -> list[ops.Operation]:
    """Make the operations of a gate of `LIBRARY` or `OWN`, to a whole power.

    Raises
    ------
    CircuitError
        If the gate takes another number of arguments or modes.

    Examples
    --------
    >>> library_gate("cv_r", (0,), [Polynomial.constant(0.5)], power=-1)
    [Rotation(modes=(0,), theta=0.5)]
    """
    gate = LIBRARY.get(name) or OWN[name]
    require_operands(name, gate.arguments, gate.modes, values, modes)
    if gate.group:
        return gate.make(modes, *([float(power) * values[0], *values[1:]] if power != 1 else values)) if power else []
    if name == "cv_f":
        return [ops.Rotation(modes, -pi / 2 * power)] if power else []
    return gate.make(modes) if power % 2 else []
