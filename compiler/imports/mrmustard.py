r"""Circuits and states of MrMustard 0.7, read from its Python objects.

The definitions of ``mrmustard/lab/gates.py``, ``states.py`` and ``detectors.py`` were read from the source, and checked
against the action of the objects on Gaussian states. They agree with Strawberry Fields but for `Dgate`, whose arguments
are the real and the imaginary part of alpha. A gate on several modes acts on each of them. MrMustard must be at
hbar = 2, its default.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from math import acosh, cos, pi, sin, sqrt
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.assembly import ALPHA, Assembly, attenuated, numbers, one_each, places, two_mode_squeezing
from compiler.imports.calls import Imported
from compiler.imports.strawberryfields import matrices, preparations
from compiler.imports.strawberryfields.arguments import real_square, square
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.states import MAX_ELEMENTS
from compiler.typing import ComplexArray
from hardware_profiles.extras import need

TOOL = "MrMustard"

Modes = tuple[int, ...]

MAX_DEPTH = 100
"""Largest depth of circuits nested in circuits."""

SHARP = 9.0
"""Squeezing r from which on a homodyne readout of MrMustard, a projection on squeezed states, is read as ideal."""


def from_mrmustard(given: Any, start: Any = None, modes: int = 0) -> Circuit:
    """Read a MrMustard circuit, gate or state as a circuit; see `read_mrmustard`.

    Raises
    ------
    CircuitError
        As `read_mrmustard`.
    """
    return read_mrmustard(given, start, modes).circuit


def read_mrmustard(given: Any, start: Any = None, modes: int = 0) -> Imported:
    """Read a MrMustard circuit, gate or state as a circuit, with notes on differences.

    Modes keep their numbers. The first readout of mode m is named ``m{m}``, its k-th repetition ``m{m}_{k}``. A mode
    that nothing prepares carries the circuit's input. Trainable parameters are read at their present values.

    Parameters
    ----------
    given : mrmustard.lab.Circuit, a gate, a channel, a measurement, or a state
        A state becomes its preparation.
    start : state of MrMustard, optional
        State that the circuit acts on. The state ``start >> circuit`` of MrMustard would keep neither of the two.
    modes : int
        Least number of modes; the circuit has a mode for every number up to the largest that occurs.

    Raises
    ------
    CircuitError
        If a circuit cannot express an object; the message names the object and the reason.
    """
    need("mrmustard")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mrmustard
    if mrmustard.settings.HBAR != HBAR:
        raise CircuitError(f"mrmustard.settings.HBAR must be {HBAR:g}, found {mrmustard.settings.HBAR}; do not set it")
    listed = [op for part in (start, given) if part is not None for op in _flat(part, 0)]
    for op in listed:
        modes = max([modes, *(mode + 1 for mode in places(getattr(op, "modes", None), type(op).__name__))])
    assembly = Assembly(modes)
    for index, op in enumerate(listed):
        name = type(op).__name__
        try:
            if _is_state(op):
                if index:
                    raise CircuitError(
                        "a state within a circuit is a projection on that state, which has no operation here; pass the "
                        "state that the circuit starts from as start"
                    )
                _prepare(assembly, op)
            else:
                _apply(assembly, op)
        except CircuitError as error:
            raise CircuitError(f"{TOOL}: operation {index} {name[:40]}: {error}") from None
        if any(type(value).__name__ == "Variable" for value in vars(op).values()):
            assembly.notes["trainable parameters are read at their present values"] = None
    return assembly.imported(TOOL)


def _flat(given: Any, depth: int) -> Iterator[Any]:
    """Yield the operations of a circuit, and of circuits inside it."""
    if depth > MAX_DEPTH:
        raise CircuitError(f"{TOOL}: circuits must be nested at most {MAX_DEPTH} deep")
    if type(given).__module__.partition(".")[0] != "mrmustard":
        raise CircuitError(f"{TOOL}: objects of the package mrmustard are read, found {type(given).__name__}")
    if type(given).__name__ == "Circuit":
        for op in given.ops:
            yield from _flat(op, depth + 1)
    else:
        yield given


def _is_state(op: Any) -> bool:
    return any(kind.__name__ == "State" for kind in type(op).__mro__)


def _array(op: Any, name: str) -> Any:
    """Return the value of a parameter, a Constant or a Variable of MrMustard, as an array."""
    parameter = getattr(op, name)
    return np.asarray(getattr(parameter, "value", parameter))


# --- gates and channels ----------------------------------------------------------------------------------------------


def _each(make: Callable[..., list[ops.Operation]], *names: str) -> Callable[[Any, Modes], list[ops.Operation]]:
    """Return the maker of a gate that acts on each mode, with a number for each mode or one for all."""

    def made(op: Any, modes: Modes) -> list[ops.Operation]:
        values = [one_each(_array(op, name), name, len(modes)) for name in names]
        return [gate for mode, *given in zip(modes, *values, strict=True) for gate in make((mode,), *given)]

    return made


def _pair(make: Callable[..., list[ops.Operation]], *names: str) -> Callable[[Any, Modes], list[ops.Operation]]:
    """Return the maker of a gate on two modes."""

    def made(op: Any, modes: Modes) -> list[ops.Operation]:
        if len(modes) != 2:
            raise CircuitError(f"acts on two modes, found {list(modes)}")
        return make(modes, *(one_each(_array(op, name), name, 1)[0] for name in names))

    return made


def _mach_zehnder(op: Any, modes: Modes) -> list[ops.Operation]:
    """Return a Mach-Zehnder gate: both phases between the beamsplitters, or one phase before the first beamsplitter."""
    first, second = (one_each(_array(op, name), name, 1)[0] for name in ("phi_a", "phi_b"))
    splitter = ops.BeamSplitter(modes, pi / 4, pi / 2)
    before: list[ops.Operation] = [] if op._internal else [ops.Rotation(modes[:1], first)]
    within = [ops.Rotation(modes[:1], second)]
    if op._internal:
        within = [ops.Rotation(modes[:1], first), ops.Rotation(modes[1:], second)]
    return [*before, splitter, *within, splitter]


def _phase_noise(op: Any, modes: Modes) -> list[ops.Operation]:
    if len(modes) != 1:
        raise CircuitError(
            f"MrMustard applies PhaseNoise to the first mode only, found modes {list(modes)}; use one for each mode"
        )
    return [ops.Dephasing(modes, one_each(_array(op, "phase_stdev"), "phase_stdev", 1)[0] ** 2)]


GATES: dict[str, Callable[[Any, Modes], list[ops.Operation]]] = {
    "Dgate": _each(lambda m, x, y: [ops.Displacement(m, ALPHA * x, ALPHA * y)], "x", "y"),
    "Sgate": _each(preparations.squeezed_by, "r", "phi"),
    "Rgate": _each(lambda m, angle: [ops.Rotation(m, angle)], "angle"),
    "Pgate": _each(lambda m, s: [ops.Shear(m, s)], "shearing"),
    "CXgate": _pair(lambda m, s: [ops.ControlledX(m, s)], "s"),
    "CZgate": _pair(lambda m, s: [ops.ControlledZ(m, s)], "s"),
    "BSgate": _pair(lambda m, theta, phi: [ops.BeamSplitter(m, theta, phi)], "theta", "phi"),
    "S2gate": _pair(two_mode_squeezing, "r", "phi"),
    "MZgate": _mach_zehnder,
    "Interferometer": lambda op, m: matrices.interferometer(m, square(_array(op, "unitary"), "unitary")),
    "RealInterferometer": lambda op, m: matrices.interferometer(m, square(_array(op, "orthogonal"), "orthogonal")),
    "Ggate": lambda op, m: matrices.gaussian_transform(m, real_square(_array(op, "symplectic"), "symplectic")),
    "Attenuator": _each(lambda m, eta, nbar: [attenuated(m[0], eta, nbar)], "transmissivity", "nbar"),
    "AdditiveNoise": _each(lambda m, y: [ops.DisplacementNoise(m, y * HBAR / 2, y * HBAR / 2)], "noise"),
    "PhaseNoise": _phase_noise,
}
"""Makers of gates and channels by name; `Amplifier` and measurements also need ancillas and names."""

REFUSED = {
    "ThresholdDetector": "a click detector tells only whether there are photons, for which there is no operation here; "
    "PNRDetector counts",
    "Generaldyne": "a projection on any Gaussian state has no operation here; Homodyne and Heterodyne are read",
}
"""Objects that are not read, with the reason."""


def _apply(assembly: Assembly, op: Any) -> None:
    name, modes = type(op).__name__, places(op.modes)
    if name in GATES:
        assembly.extend(GATES[name](op, modes))
    elif name == "Amplifier":
        _amplify(assembly, op, modes)
    elif name == "Homodyne":
        _require_ascending(modes)
        _homodyne(assembly, op, modes)
    elif name == "Heterodyne":
        _require_ascending(modes)
        means = numbers(op.state.means, "the outcome").tolist()
        for place, mode in enumerate(modes):
            assembly.heterodyne(mode, (means[place], means[len(modes) + place]) if op.postselected else None)
    elif name == "PNRDetector":
        _count_photons(assembly, op, modes)
    else:
        known = ", ".join([*GATES, "Amplifier", "Homodyne", "Heterodyne", "PNRDetector"])
        raise CircuitError(f"is not read: {REFUSED[name]}" if name in REFUSED else f"is not read; known: {known}")


def _amplify(assembly: Assembly, op: Any, modes: Modes) -> None:
    """Append two-mode squeezing with an environment of nbar photons, and discard the environment."""
    gains, nbars = (one_each(_array(op, name), name, len(modes)) for name in ("gain", "nbar"))
    ancilla = assembly.ancilla("the environment of amplifiers")
    for mode, gain, nbar in zip(modes, gains, nbars, strict=True):
        if not gain >= 1.0:
            raise CircuitError(f"the gain must be at least 1, found {gain:.6g}")
        assembly.extend(matrices.thermal((ancilla,), nbar))
        assembly.extend(two_mode_squeezing((mode, ancilla), acosh(sqrt(gain)), 0.0))
        assembly.extend([ops.PrepareVacuum((ancilla,))])
    assembly.notes[f"the environment of amplifiers is mode {ancilla}, an ancilla"] = None


def _require_ascending(modes: Modes) -> None:
    if list(modes) != sorted(modes):
        raise CircuitError(
            f"modes must be in ascending order, as MrMustard 0.7 orders their outcomes, found {list(modes)}"
        )


def _homodyne(assembly: Assembly, op: Any, modes: Modes) -> None:
    sharpness = min(one_each(op.r, "r", len(modes)))
    if not sharpness >= SHARP:
        raise CircuitError(
            f"a projection on states of squeezing r = {sharpness:.6g} is not a homodyne readout, and cannot be read; "
            f"leave r out, or give at least {SHARP:g}"
        )
    angles = one_each(op.quadrature_angle, "quadrature_angle", len(modes))
    means = numbers(op.state.means, "the outcome").tolist()
    for place, (mode, angle) in enumerate(zip(modes, angles, strict=True)):
        value = means[place] * cos(angle) + means[len(modes) + place] * sin(angle)
        assembly.homodyne(mode, angle, value if op.postselected else None)
    assembly.notes["homodyne readouts are read as ideal ones; MrMustard projects on squeezed states"] = None


def _count_photons(assembly: Assembly, op: Any, modes: Modes) -> None:
    if op._stochastic_channel is not None or np.any(_array(op, "dark_counts")):
        raise CircuitError(
            "dark counts and stochastic channels are not read: they change the counts, which no operation here does"
        )
    for mode, efficiency in zip(modes, one_each(_array(op, "efficiency"), "efficiency", len(modes)), strict=True):
        assembly.count(mode, efficiency)


# --- states ----------------------------------------------------------------------------------------------------------


def _prepare(assembly: Assembly, state: Any) -> None:
    name, modes = type(state).__name__, places(state.modes)
    if name in STATES:
        assembly.extend(STATES[name](state, modes))
    elif state.is_gaussian:
        cov = real_square(state.cov, "the covariance matrix")
        assembly.extend(matrices.gaussian_state(modes, cov, numbers(state.means, "the means")))
    else:
        assembly.extend(_in_fock_basis(state, modes))


def _fock(state: Any, modes: Modes) -> list[ops.Operation]:
    counts = one_each(state._n, "n", len(modes))
    if any(n != int(n) for n in counts):
        raise CircuitError(f"numbers of photons must be integers, found {counts}")
    return [ops.PrepareFock((mode,), int(n)) for mode, n in zip(modes, counts, strict=True)]


def _in_fock_basis(state: Any, modes: Modes) -> list[ops.Operation]:
    """Return the preparation of a ket, or of a density matrix with the axes of its rows before those of its columns."""
    pure = state._ket is not None
    found: ComplexArray = np.asarray(state._ket if pure else state._dm, dtype=complex)
    cutoff = max(found.shape, default=1)
    if cutoff**found.ndim > MAX_ELEMENTS:
        raise CircuitError(f"states of at most {MAX_ELEMENTS} numbers are read, found {cutoff}^{found.ndim}")
    padded = np.pad(found, [(0, cutoff - size) for size in found.shape])
    kind = ops.PrepareKet if pure else ops.PrepareDensity
    return [kind(modes, cutoff, tuple(padded.reshape(-1).tolist()))]


STATES: dict[str, Callable[[Any, Modes], list[ops.Operation]]] = {
    "Vacuum": lambda state, modes: [ops.PrepareVacuum((mode,)) for mode in modes],
    "Coherent": _each(lambda m, x, y: [ops.PrepareVacuum(m), ops.Displacement(m, ALPHA * x, ALPHA * y)], "x", "y"),
    "SqueezedVacuum": _each(preparations.squeezed, "r", "phi"),
    "DisplacedSqueezed": _each(
        lambda m, r, phi, x, y: [*preparations.squeezed(m, r, phi), ops.Displacement(m, ALPHA * x, ALPHA * y)],
        *("r", "phi", "x", "y"),
    ),
    "Thermal": _each(matrices.thermal, "nbar"),
    "TMSV": lambda state, modes: [
        *(ops.PrepareVacuum((mode,)) for mode in modes),
        *GATES["S2gate"](state, modes),
    ],
    "Fock": _fock,
}
"""States that are read from their parameters; others are read from moments, a ket, or a density matrix."""
