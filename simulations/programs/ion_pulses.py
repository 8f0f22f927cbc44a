"""Run the pulses of a compiled ion program on a grid of its modes and the spin."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from pathlib import Path

from compiler.artifact import read_program
from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Displacement, PolynomialPhase, PrepareSqueezed, PrepareVacuum
from compiler.machines import machine_of
from compiler.machines.ion_file import IonFile, ion_program
from compiler.machines.ions import Ions
from compiler.machines.layout import ION_FILE, read_layout
from simulations.grid.spin import IonSimulation, simulate_ion_program
from simulations.programs.instances import NoInstanceError

MOST_GRID_MODES = 3
"""Largest number of modes that fit on a grid together with the spin."""

GRID_SLACK = 1e-9
"""Rounding of a few hundred pulses on the grid."""

POINTS = {1: 256, 2: 96, 3: 48}
"""Grid points per mode, by number of modes."""


def pulses_on_a_grid(native: Circuit, file: IonFile) -> IonSimulation:
    """Run the pulses of a program on a grid of its modes and the spin, against its ideal phases.

    Raises
    ------
    InputError
        If the program has no spin sequences or more than `MOST_GRID_MODES` modes, or its phases do not directly follow
        squeezed or vacuum preparations.
    """
    used = sorted({m for op in native.operations if isinstance(op, PolynomialPhase) for m in op.modes})
    if not used:
        raise InputError("it has no spin sequences; its gates and readout pulses are checked above, without a grid")
    if len(used) > MOST_GRID_MODES:
        raise InputError(f"its phases are on {len(used)} modes, and pulses are simulated on at most {MOST_GRID_MODES}")
    variances: dict[int, float] = {}
    last = max((i for i, op in enumerate(native.operations) if isinstance(op, PolynomialPhase)), default=-1)
    for op in native.operations[: last + 1]:
        if isinstance(op, PrepareSqueezed | PrepareVacuum):
            variances[op.modes[0]] = exp(-2.0 * op.r) if isinstance(op, PrepareSqueezed) else 1.0
        elif not isinstance(op, PolynomialPhase | Displacement) or (isinstance(op, Displacement) and op.x != 0.0):
            raise InputError(f"pulses are simulated where phases follow preparations, found {op}")
    place = {m: i for i, m in enumerate(used)}
    program = ion_program(native, file, lambda m: place[m])
    law = tuple(variances.get(m, exp(2.0 * file.input_r)) for m in used)
    return simulate_ion_program(program, law, POINTS[len(used)])


@dataclass(frozen=True, slots=True)
class PulseCheck:
    """The pulses of a folder, simulated with the spin, against what their certificate states."""

    simulation: IonSimulation
    stated: float

    def to_json(self) -> dict[str, float]:
        """Return plain data."""
        found = self.simulation
        return {
            "stated_error": self.stated,
            "error": found.inside_error,
            "inside": found.inside_mass,
            "distance": found.distance,
            "fidelity": found.fidelity,
            "leak": found.leak,
            "border": found.border,
            "pulses": found.pulses,
        }

    def lines(self) -> list[str]:
        """Return the result as lines of text."""
        found = self.simulation
        return [
            f"{found.pulses} pulses on a grid with the spin: error {found.inside_error:.2g} on {found.inside_mass:.4f} "
            f"of the state (stated {self.stated:.2g}), fidelity {found.fidelity:.6f}, leak {found.leak:.1g}"
        ]

    def failed(self) -> tuple[str, ...]:
        """Return the checks that fail."""
        if self.simulation.inside_error <= self.stated + GRID_SLACK:
            return ()
        return (f"pulses: the error on the grid is {self.simulation.inside_error:.3g}, stated {self.stated:.3g}",)


def check_pulses(folder: Path) -> PulseCheck | None:
    """Simulate the pulses of a folder; None if the folder holds no pulses.

    Raises
    ------
    NoInstanceError
        If the program is too large for the grid, or not of the form that it takes.
    """
    stored = read_program(folder)
    if not isinstance(machine_of(stored.profile), Ions) or stored.layout is None:
        return None
    file = read_layout(IonFile, stored.layout, str(folder / ION_FILE))
    try:
        found = pulses_on_a_grid(stored.circuit, file)
    except InputError as error:
        raise NoInstanceError(str(error)) from None
    return PulseCheck(found, sum(sequence.sup_norm for sequence in file.sequences))
