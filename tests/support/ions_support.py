"""Phases, sequences and calibrations that several tests of ions share."""

from functools import cache

import mpmath

from compiler.ions import LinePhase, SpinSequence, SynthesisSettings, compile_edge
from compiler.ions.qscout import BeamSplitterPoint, IonLayout, MotionalMode, QscoutCalibration, SqueezePoint
from compiler.ir.conventions import HBAR

QUICK = SynthesisSettings(equal_areas=True)
CUBIC = LinePhase.power(3, 0.3 * 3.0**2.5 / 24.0 / (3.0 * HBAR))  # exp(i g s^3 / (3 hbar)), one of four of a 3-edge
WEIGHT, EXTENT = 0.3, 4.0
LAYOUT = IonLayout((MotionalMode(1, 1), MotionalMode(0, 1), MotionalMode(0, 2)), (0, 1))
CALIBRATION = QscoutCalibration((BeamSplitterPoint(0.5, 0.0, 0, 1e3, 2e3, 30.0, 0.1),), (SqueezePoint(0.4, 0.7),))


def random_sequence(rng, pulses):
    return SpinSequence(
        tuple(rng.normal(size=pulses + 1)),
        tuple(rng.normal(size=pulses + 1)),
        tuple(rng.normal(size=pulses)),
        rng.normal(),
        rng.normal(),
    )


def direct(sequence, s):
    """The 2 x 2 product at 30 digits, from exponentials of Pauli matrices."""
    with mpmath.workdps(30):
        x, y, z = (
            mpmath.matrix(m)
            for m in ([[0, 1], [1, 0]], [[0, mpmath.mpc(0, -1)], [mpmath.mpc(0, 1), 0]], [[1, 0], [0, -1]])
        )
        u = mpmath.eye(2) * mpmath.expj(sequence.offset)
        u = mpmath.expm(1j * sequence.kick * s * z) * u  # as it is done: by the spin, which is in |0>
        for j, (alpha, phi) in enumerate(zip(sequence.polar, sequence.azimuth, strict=True)):
            if j:
                u = mpmath.expm(1j * mpmath.mpf(sequence.areas[j - 1]) * s * z) * u
            axis = mpmath.cos(phi) * x + mpmath.sin(phi) * y
            u = mpmath.expm(-0.5j * mpmath.mpf(alpha) * axis) * u
        return u[0, 0], u[1, 0]


@cache
def edge_of_three_modes():
    """One edge: k = 3, w = 0.3, |u . x| <= 4, error 1e-2; searched for once."""
    return compile_edge((0, 1, 2), WEIGHT, EXTENT, 1e-2)
