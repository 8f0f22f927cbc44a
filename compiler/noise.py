"""Put the losses of a profile into a native circuit, component by component."""

from __future__ import annotations

from compiler.circuit import Circuit
from compiler.conventions import transmission
from compiler.errors import CircuitError
from compiler.operations import Homodyne, Loss, Operation
from hardware_profiles.schema import Profile


def with_loss(circuit: Circuit, profile: Profile, scale: float = 1.0) -> Circuit:
    """The circuit with a `Loss` on every mode of every operation that loses light on the profile.

    Loss follows the operation; that of a measurement (its inefficiency) comes before it.

    Parameters
    ----------
    circuit : Circuit
    profile : Profile
    scale : float
        Factor on every ``loss_db``, at least 0: 0 is the noiseless circuit, 1 the profile, 2 twice its decibels.

    Raises
    ------
    CircuitError
        If the scale is negative or not a number.

    Examples
    --------
    >>> from hardware_profiles import load_profile
    >>> read = Circuit(1, (Homodyne((0,), 0.0, "x"),))
    >>> [type(op).__name__ for op in with_loss(read, load_profile("photonic-cubic")).operations]
    ['Loss', 'Homodyne']
    """
    if not scale >= 0.0:
        raise CircuitError(f"the loss scale must be >= 0, found {scale}")
    out: list[Operation] = []
    for op in circuit.operations:
        spec = profile.operations.get(type(op).__name__)
        loss: list[Operation] = []
        if spec is not None and spec.loss_db is not None and spec.loss_db.value * scale > 0.0:
            loss = [Loss((m,), transmission(spec.loss_db.value * scale)) for m in op.modes]
        out += [*loss, op] if isinstance(op, Homodyne) else [op, *loss]
    return circuit.with_operations(tuple(out))
