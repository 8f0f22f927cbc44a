"""Names of operations: those that a profile may list, and their short forms."""

from __future__ import annotations

import re

OPERATION_PARAMETERS: dict[str, tuple[str, ...]] = {
    "PrepareVacuum": (),
    "PrepareSqueezed": ("r",),
    "PrepareCubic": ("gamma", "r"),
    "PrepareFock": ("n",),
    "PrepareCat": ("x", "p", "parity"),
    "PrepareGKP": ("theta", "phi", "epsilon"),
    "PrepareKet": ("cutoff", "amplitudes"),
    "PrepareDensity": ("cutoff", "elements"),
    "Rotation": ("theta",),
    "Squeeze": ("r",),
    "Shear": ("s",),
    "Displacement": ("x", "p"),
    "BeamSplitter": ("theta", "phi"),
    "ControlledX": ("s",),
    "ControlledZ": ("s",),
    "Interferometer": ("matrix",),
    "PolynomialPhase": ("polynomial",),
    "CubicPhase": ("gamma",),
    "PhasePower": ("order", "strength"),
    "Kerr": ("kappa",),
    "CrossKerr": ("kappa",),
    "Homodyne": ("angle", "result"),
    "PostSelect": ("angle", "value"),
    "PhotonCount": ("result",),
    "DisplacementReadout": ("alpha", "beta", "result"),
    "Loss": ("eta",),
    "ThermalLoss": ("eta", "nbar"),
    "DisplacementNoise": ("x_variance", "p_variance"),
    "Dephasing": ("variance",),
}
"""Names of the operations that a profile may list, with the names of their parameters."""


def snake_name(name: str) -> str:
    """Return the name of an operation in resource tables and in overrides.

    >>> snake_name("CubicPhase"), snake_name("Squeeze")
    ('cubic_phase', 'squeezer')
    """
    return "squeezer" if name == "Squeeze" else re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
