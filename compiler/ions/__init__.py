"""Trapped ions: phases of motional positions by spin rotations and spin-dependent displacements, with certified errors.

`compile_to_sequences` and `compile_edge` give an `IonProgram`; `schedule`, `motion_noise` and `phonon_bound` give
its time, heating and phonons, and `compiler.ions.readout` the shots of a readout through the spin. Jaqal text is
written by `compiler.exports.jaqal`.
"""

from compiler.ions.extent import GaussianExtent, Interval, state_distance
from compiler.ions.motion import MotionNoise, MotionRates, motion_noise, phonon_bound
from compiler.ions.program import (
    IonGate,
    IonProgram,
    SpinDisplacement,
    SpinRotation,
    compile_directions,
    compile_edge,
    compile_to_sequences,
)
from compiler.ions.readout import ReadoutCost, SpinReadout, shots_for_mean, shots_for_weight
from compiler.ions.schedule import IonSchedule, PulseTimes, ScheduledGate, schedule
from compiler.ions.sequences.certify import SequenceError, certify
from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.powers import Direction, directions, power_directions
from compiler.ions.sequences.sequence import SpinSequence
from compiler.ions.sequences.synthesis import Synthesised, SynthesisSettings, error_curve, find_sequence, synthesise

__all__ = [
    "Direction",
    "GaussianExtent",
    "Interval",
    "IonGate",
    "IonProgram",
    "IonSchedule",
    "LinePhase",
    "MotionNoise",
    "MotionRates",
    "PulseTimes",
    "ReadoutCost",
    "ScheduledGate",
    "SequenceError",
    "SpinDisplacement",
    "SpinReadout",
    "SpinRotation",
    "SpinSequence",
    "SynthesisSettings",
    "Synthesised",
    "certify",
    "compile_directions",
    "compile_edge",
    "compile_to_sequences",
    "directions",
    "error_curve",
    "find_sequence",
    "motion_noise",
    "phonon_bound",
    "power_directions",
    "schedule",
    "shots_for_mean",
    "shots_for_weight",
    "state_distance",
    "synthesise",
]
