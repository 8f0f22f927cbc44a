"""Offer all back ends behind ``run(program, shots, noise, rng) -> Outcomes``, and list what each can run."""

from __future__ import annotations

from typing import Any

import numpy as np

from compiler.errors import InputError, did_you_mean
from compiler.ir.circuit import Circuit
from compiler.ir.operations import OPERATIONS
from compiler.typing import Advance
from hardware_profiles import extensions
from hardware_profiles.extras import absence
from simulations.backends.backend import Accuracy, Backend, Noise, Settings
from simulations.exact.outcomes import Outcomes

__all__ = ["BACKENDS", "Accuracy", "Backend", "Noise", "Settings", "capabilities", "described", "run"]

BACKENDS: extensions.Registry[Backend] = extensions.Registry(
    extensions.BACKENDS,
    Backend,
    {
        name: f"simulations.backends.{name}:BACKEND"
        for name in ("exact", "momenta", "branches", "grid", "strawberryfields", "mrmustard")
    },
)
"""Every back end, by the name that ``khrnn simulate --backend`` takes."""


PACKAGES = {"strawberryfields": ("strawberryfields", "thewalrus"), "mrmustard": ("mrmustard",)}
"""Optional packages of the back ends, by import name."""


def run(
    program: Circuit,
    shots: int,
    noise: Noise | None,
    rng: np.random.Generator,
    backend: str = "exact",
    settings: Settings | None = None,
    progress: Advance | None = None,
) -> Outcomes:
    """Sample the readouts of a program.

    Parameters
    ----------
    program : Circuit
        Logical or native.
    shots : int
        At least 1.
    noise : Noise, optional
        Placed before the program is run.
    rng : numpy.random.Generator
    backend : str
        A name of `BACKENDS`.
    settings : Settings
    progress : callable
        Called with the number of shots done.

    Raises
    ------
    InputError
        If the back end is unknown or cannot run the program, or doubts its own answer (`Backend.refuses_doubt`).

    Examples
    --------
    >>> from compiler.ir.operations import Homodyne
    >>> vacuum = Circuit(1, (Homodyne((0,), 0.0, "x"),))
    >>> run(vacuum, 3, None, np.random.default_rng(0)).results["x"].shape
    (3,)
    """
    if backend not in BACKENDS:
        hint = did_you_mean(backend, BACKENDS)
        raise InputError(f"--backend must be one of {', '.join(BACKENDS)}, found {backend!r}{hint}")
    if shots < 1:
        raise InputError(f"the number of shots must be at least 1, found {shots}")
    circuit = program if noise is None else noise.placed(program)
    chosen = BACKENDS[backend]
    if reason := chosen.refusal(circuit):
        able = [name for name, other in BACKENDS.usable().items() if other.refusal(circuit) is None]
        advice = f"try --backend {' or '.join(able)}" if able else "no other back end runs it either"
        raise InputError(f"the {backend} back end cannot run this program: {reason}; {advice}")
    settings = settings or Settings()
    if chosen.refuses_doubt and not settings.allow_doubtful:
        accuracy = chosen.accuracy(circuit, settings)
        if accuracy is not None and accuracy.doubtful:
            raise InputError(
                f"the {backend} back end does not trust its answer to this program: {accuracy.text}; use another back "
                "end, less squeezing or smaller displacements, or take the answer with Settings(allow_doubtful=True)"
            )
    return chosen.sample(circuit, shots, rng, settings, progress)


def capabilities() -> dict[str, dict[str, str]]:
    """Return, for every back end and operation by name, why it does not run; empty if it runs."""
    return {
        name: {known: backend.unable().get(kind, "") for known, kind in OPERATIONS.items()}
        for name, backend in BACKENDS.usable().items()
    }


def described() -> dict[str, dict[str, Any]]:
    """Return plain data for every back end: its purpose, its accuracy, what it does not run and why, what is missing.

    ``absent`` is the line that says which package is not installed, and None if the back end can run.
    """
    return {
        name: {
            "for": BACKENDS[name].summary,
            "error": BACKENDS[name].error,
            "absent": absence(*PACKAGES.get(name, ())) or None,
            "unable": {operation: why for operation, why in row.items() if why},
        }
        for name, row in capabilities().items()
    }
