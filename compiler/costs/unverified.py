"""The unverified numbers of a profile that enter the costs and the noise of a program."""

from __future__ import annotations

from compiler.costs.multiplexing import SWITCH, multiplexing
from compiler.ir.circuit import Circuit
from hardware_profiles.schema import UNVERIFIED, Profile


def unverified_numbers(native: Circuit, profile: Profile) -> tuple[str, ...]:
    """Return paths of numbers that are recalled or from a secondary source (marks R, F2) and bear on a native circuit.

    Those of operations in use, of the noise, of the machine's own parts, and of switches if states are heralded. Limits
    of parameters and facts, which are shown and not computed with, are left out.

    Examples
    --------
    >>> from compiler.ir.operations import BeamSplitter
    >>> from hardware_profiles import load_profile
    >>> unverified_numbers(Circuit(2, (BeamSplitter((0, 1), 0.1),)), load_profile("photonic-cubic"))
    ('operations.BeamSplitter.loss_db',)
    """
    used = {type(op).__name__ for op in native.operations}
    heralded = bool(multiplexing(native, profile))
    out = []
    for path, quantity in profile.quantities().items():
        section, _, rest = path.partition(".")
        of_other = section == "operations" and rest.partition(".")[0] not in used
        idle = path.startswith(f"primitives.{SWITCH}.") and not heralded
        if quantity.mark in UNVERIFIED and section != "facts" and not (of_other or idle) and ".ranges." not in path:
            out.append(path)
    return tuple(out)
