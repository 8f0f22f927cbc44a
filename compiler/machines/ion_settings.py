"""Settings of programs for trapped ions: how accurate spin sequences must be, and how the motion is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compiler.errors import InputError

if TYPE_CHECKING:  # only machines of ions load their modules
    from compiler.ions.qscout import QscoutCalibration


@dataclass(frozen=True, slots=True)
class IonSettings:
    """How accurate spin sequences must be, and how the motion is read.

    Parameters
    ----------
    error : float
        Largest sum of the sequences' errors in sup-norm.
    deviations : float
        The error holds where every ``|u . x|`` is within that many standard deviations of its mean.
    input_r : float
        Latent modes that nothing prepares are taken as squeezed in p by this much.
    kappa : float
        Strength of the readout pulse through the spin; 0 if readouts are not to go through the spin.
    calibration : QscoutCalibration, optional
        Measured settings, where a profile's operations need them.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    error: float = 1e-2
    deviations: float = 3.0
    input_r: float = 1.0
    kappa: float = 0.0
    calibration: QscoutCalibration | None = None

    def __post_init__(self) -> None:
        if not (0.0 < self.error < 2.0 and 1.0 <= self.deviations <= 10.0):
            raise InputError(
                f"spin sequences need an error in (0, 2) and deviations in 1..10, found {self.error}, {self.deviations}"
            )
        if not (0.0 <= self.input_r <= 4.0 and 0.0 <= self.kappa <= 100.0):
            raise InputError(
                f"spin sequences need an input squeezing in 0..4 and a kappa in 0..100, found {self.input_r}, "
                f"{self.kappa}"
            )
