"""The CV-OpenQASM dialect: its gates, their definitions, and the strict form of its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import pi, sqrt
from typing import Any

from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.polynomial import Polynomial

ROOT = sqrt(2.0)
"""A position here in units of a position there."""


CUBIC = -ROOT / 3.0
"""Argument of ``cv_c`` a unit of gamma: exp(i gamma x^3 / 6) = exp(i gamma (sqrt 2 / 3) x_1^3)."""


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


def strict_text(text: str) -> str:
    """Without the two keywords that OpenQASM 3 does not have."""
    text = re.sub(r"\bqumode(?=\[)", "qubit", text)
    text = re.sub(r"\bqumode\s+", "", text)
    return re.sub(r"\bmeasure_x\s+(m\[\d+\])", r"measure_x(\1)", text)


def read_gates() -> dict[str, Callable[..., Any]]:
    """How each gate is read: an operation from modes and arguments in units of this project."""
    return {
        "cv_r": lambda modes, t: ops.Rotation(modes, -t),
        "cv_sq": _squeeze,
        "khrnn_shear": ops.Shear,
        "cv_d": _displaced,
        "cv_bs": lambda modes, t, f: ops.BeamSplitter(modes, 0.5 * t, -f - Polynomial.constant(pi / 2)),
        "cv_sum": ops.ControlledX,
        "khrnn_cz": ops.ControlledZ,
        "cv_c": lambda modes, r: ops.CubicPhase(modes, (1.0 / CUBIC) * r),
    }


def _squeeze(modes: tuple[int, ...], r: Polynomial, phi: Polynomial) -> ops.Operation:
    if phi:
        raise CircuitError("cv_sq is read with a second argument of 0")
    return ops.Squeeze(modes, r)


def _displaced(modes: tuple[int, ...], r: Polynomial, phi: Polynomial) -> ops.Operation:
    if not phi:
        return ops.Displacement(modes, 2.0 * r, 0.0)
    if phi != Polynomial.constant(pi / 2):
        raise CircuitError("cv_d is read with a second argument of 0 or pi/2")
    return ops.Displacement(modes, 0.0, 2.0 * r)
