"""Programs of QSCOUT as steps of calibrated operations, before they become Jaqal text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

from compiler.errors import MappingReason
from compiler.ions.program import IonGate, SpinRotation
from compiler.ions.qscout import TILT, IonLayout, QscoutCalibration
from compiler.ions.readout import SpinReadout
from compiler.ir import operations as ops
from compiler.ir.polynomial import Polynomial

QscoutStep = ops.Operation | IonGate | SpinReadout


LEVEL_TOLERANCE = 1e-9
"""Largest difference between a calibrated level and the wanted value."""


_SEQUENCE = "compile it for the profile first: phases become spin sequences"


_NOISE = "noise is not an instruction: leave it out, as the device adds its own"


_BY_SPIN = "read one bit per shot through a spin (SpinReadout), on many copies"


ABSENT: dict[type[ops.Operation], tuple[str, str]] = {
    ops.PrepareCubic: ("there is no cubic state", "leave it out"),
    **dict.fromkeys(ops.STATES, ("only vacuum and squeezed states are prepared", "leave it out")),
    ops.CrossKerr: ("there is no cross-Kerr gate", "leave it out"),
    ops.PostSelect: ("no outcome can be chosen", _BY_SPIN),
    ops.PhotonCount: ("there is no photon counter", _BY_SPIN),
    ops.Rotation: ("there is no phase rotation of a mode", "turn the axes of the later operations instead"),
    ops.Shear: ("there is no shear", _SEQUENCE),
    ops.ControlledX: ("there is no gate between positions and momenta", "rewrite it with phases of positions"),
    ops.ControlledZ: ("there is no two-mode phase gate", _SEQUENCE),
    ops.Interferometer: ("only the beamsplitter of the tilt modes exists", "decompose it, and use m0i1 and m1i1 only"),
    ops.PolynomialPhase: ("there is no phase gate of several modes", _SEQUENCE),
    ops.CubicPhase: ("there is no cubic gate", _SEQUENCE),
    ops.PhasePower: ("there is no phase gate of a power", _SEQUENCE),
    ops.Kerr: ("there is no Kerr gate", "leave it out"),
    ops.Homodyne: ("there is no homodyne detector", _BY_SPIN),
    ops.Loss: ("loss cannot be applied", _NOISE),
    ops.ThermalLoss: ("loss cannot be applied", _NOISE),
    ops.DisplacementNoise: ("noise cannot be applied", _NOISE),
    ops.Dephasing: ("noise cannot be applied", _NOISE),
}
"""Operations that no instruction performs, with the reason and the nearest change."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a subcircuit: name, and arguments in the order of the gate table; a qubit is its number."""

    name: str
    arguments: tuple[int | float, ...]


def unmappable_steps(
    steps: Sequence[QscoutStep], layout: IonLayout, calibration: QscoutCalibration | None = None
) -> tuple[MappingReason, ...]:
    """Return reasons why steps cannot be exported; empty if they can."""
    return lower(steps, layout, calibration)[1]


def lower(
    steps: Sequence[QscoutStep], layout: IonLayout, calibration: QscoutCalibration | None
) -> tuple[tuple[Instruction, ...], tuple[MappingReason, ...]]:
    """Return the instructions of the steps, and the reasons for steps that no instruction performs."""
    return _Lowering(layout, calibration or QscoutCalibration()).run(steps)


class _Lowering:
    """One pass over the steps; spins are used up by readouts, last ion of the layout first."""

    def __init__(self, layout: IonLayout, calibration: QscoutCalibration) -> None:
        self.layout, self.calibration = layout, calibration
        self.spins = list(layout.spins)
        self.touched: set[int] = set()
        self.out: list[Instruction] = []
        self.reasons: list[MappingReason] = []

    def run(self, steps: Sequence[QscoutStep]) -> tuple[tuple[Instruction, ...], tuple[MappingReason, ...]]:
        for index, step in enumerate(steps):
            name = str(step) if isinstance(step, ops.Operation) else f"{type(step).__name__}(modes {list(step.modes)})"
            refused = self._outside(step) or self._step(step)
            if refused is not None:
                self.reasons.append(MappingReason(f"step {index} {name}", *refused))
            self.touched.update(step.modes)
        return tuple(self.out), tuple(self.reasons)

    def _outside(self, step: QscoutStep) -> tuple[str, str] | None:
        if step.modes and max(step.modes) >= len(self.layout.modes):
            return (
                f"the layout places modes 0..{len(self.layout.modes) - 1} only",
                f"use fewer modes, or place more: {self.layout.ions} ions have {2 * self.layout.ions} modes",
            )
        values = step.parameters().values() if isinstance(step, ops.Operation) else ()
        if not isinstance(step, ops.PolynomialPhase) and any(isinstance(v, Polynomial) for v in values):
            return "it depends on an earlier result, and spins are measured at the end only", "use numbers"
        return None

    def _step(self, step: QscoutStep) -> tuple[str, str] | None:
        match step:
            case SpinReadout() | ops.DisplacementReadout():
                return self._readout(step)
            case _ if not self.spins:
                return (
                    "every spin has been used for a readout, and there is no reset",
                    "read out last, or use more ions",
                )
            case IonGate():
                for pulse in step.pulses():
                    if isinstance(pulse, SpinRotation):
                        self._rotate(self.spins[0], pulse.polar, pulse.azimuth)
                    else:
                        self._displace(self.spins[0], pulse.modes, [1j * area for area in pulse.areas])
            case ops.Displacement(modes, x, p):
                assert isinstance(x, int | float) and isinstance(p, int | float)
                self._displace(self.spins[0], modes, [0.5 * complex(x, p)])
            case ops.PrepareVacuum((mode,)):
                return self._reset(mode)
            case ops.PrepareSqueezed((mode,), r):
                return self._reset(mode) or self._squeeze(mode, r)
            case ops.Squeeze((mode,), r):
                assert isinstance(r, int | float)
                return self._squeeze(mode, r)
            case ops.BeamSplitter():
                return self._beam_splitter(step)
            case _:
                return ABSENT[type(step)]
        return None

    def _reset(self, mode: int) -> tuple[str, str] | None:
        if mode in self.touched:
            return "there is no reset in the middle of a program", "prepare modes first, and use each once"
        return None

    def _rotate(self, spin: int, polar: float, azimuth: float) -> None:
        self.out.append(Instruction("R", (spin, azimuth, polar)))

    def _displace(self, spin: int, modes: tuple[int, ...], betas: list[complex]) -> None:
        for mode, beta in zip(modes, betas, strict=True):
            place = self.layout.modes[mode]
            self.out.append(Instruction("zCD", (spin, place.manifold, place.index, beta.real, beta.imag)))

    def _readout(self, step: SpinReadout | ops.DisplacementReadout) -> tuple[str, str] | None:
        if not self.spins:
            return "every spin has been used for a readout, and there is no reset", "use more ions or more runs"
        spin = self.spins.pop()
        bit = step if isinstance(step, SpinReadout) else SpinReadout(step.modes, step.alpha, step.beta)
        amplitudes = [(mode, g) for mode, g in zip(bit.modes, bit.amplitudes, strict=True) if g]
        moved = tuple(mode for mode, _ in amplitudes)
        if isinstance(step, ops.DisplacementReadout):  # the kick, while the spin is still in |0>
            self._displace(spin, moved, [g for _, g in amplitudes])
        prepare, analyse = bit.rotations
        self._rotate(spin, prepare.polar, prepare.azimuth)
        self._displace(spin, moved, [g for _, g in amplitudes])
        self._rotate(spin, analyse.polar, analyse.azimuth)
        return None

    def _squeeze(self, mode: int, r: float) -> tuple[str, str] | None:
        if r == 0.0:
            return None
        place = self.layout.modes[mode]
        if place != TILT[1]:
            advice = f"place the mode on {TILT[1]}, or start from the vacuum (--squeezing 0)"
            return f"only {TILT[1]} can be squeezed, found {place}", advice
        known = self.calibration.squeezers
        level = next((point for point in known if abs(point.r - abs(r)) <= LEVEL_TOLERANCE), None)
        if level is None:
            return _uncalibrated(f"|r| = {abs(r)!r}", [repr(point.r) for point in known])
        # squeezing conditioned on sigma_x: |+> squeezes x, |-> squeezes p
        turn = 0.5 * pi if r > 0.0 else -0.5 * pi
        self.out += [
            Instruction("Ry", (self.spins[0], turn)),
            Instruction("RampUp", (self.spins[0], level.blue_red_ratio)),
            Instruction("Ry", (self.spins[0], -turn)),
        ]
        return None

    def _beam_splitter(self, step: ops.BeamSplitter) -> tuple[str, str] | None:
        places = tuple(self.layout.modes[m] for m in step.modes)
        assert isinstance(step.theta, int | float) and isinstance(step.phi, int | float)
        theta, phi = step.theta, step.phi
        if places == TILT[::-1]:  # the same gate with the modes in the other order
            theta, phi = -theta, -phi
        elif places != TILT:
            return (
                f"the beamsplitter acts on {TILT[0]} and {TILT[1]} only, found {places[0]} and {places[1]}",
                "place the modes there, or leave out readouts through an ancilla (--readout none)",
            )
        known = self.calibration.beam_splitters
        level = next(
            (
                v
                for v in known
                if max(abs(v.theta - theta), abs(v.phi - phi)) <= LEVEL_TOLERANCE and v.qubit in self.spins
            ),
            None,
        )
        if level is None:
            shown = [f"({v.theta!r}, {v.phi!r}) on ion {v.qubit}" for v in known]
            return _uncalibrated(f"(theta, phi) = ({theta!r}, {phi!r}) on ions {self.spins}", shown)
        self.out.append(
            Instruction("Beamsplitter", (level.qubit, level.detuning1, level.detuning2, level.duration, level.phase))
        )
        return None


def _uncalibrated(asked: str, known: list[str]) -> tuple[str, str]:
    have = f"calibrated levels: {', '.join(known)}" if known else "the calibration has no level for it"
    reason = f"no calibration is given for {asked}, and no value is published"
    return reason, f"{have}; measure it and pass a QscoutCalibration"
