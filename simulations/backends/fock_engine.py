"""Speed up the loss of Strawberry Fields' Fock engine by one matrix product.

Strawberry Fields applies every Kraus operator in a Python loop over the indices of all other modes: loss on one of
three modes at cutoff 10 takes 0.4 s of processor time. One product of the same Kraus operators takes a tenth of that.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np


@cache
def _engine_class() -> Any:
    from strawberryfields.backends.fockbackend.backend import FockBackend
    from strawberryfields.backends.fockbackend.circuit import Circuit
    from strawberryfields.backends.fockbackend.ops import mix

    class QuickCircuit(Circuit):  # type: ignore[misc]  # the package has no types
        """A state whose channels on one mode are contracted at once."""

        _pure: bool
        _state: Any

        def _apply_channel(self, kraus_ops: list[Any], modes: list[int]) -> None:
            if len(modes) != 1 or not kraus_ops:
                super()._apply_channel(kraus_ops, modes)
                return
            if self._pure:
                self._state, self._pure = mix(self._state, self._num_modes), False
            at, kraus = (2 * modes[0], 2 * modes[0] + 1), np.asarray(kraus_ops)  # (operators, c, c)
            size = self._trunc**2
            channel = np.einsum("kab,kcd->acbd", kraus, kraus.conj()).reshape(size, size)
            moved = np.moveaxis(self._state, at, (0, 1))
            out = channel @ moved.reshape(size, -1)
            self._state = np.ascontiguousarray(np.moveaxis(out.reshape(moved.shape), (0, 1), at))

    class QuickFock(FockBackend):  # type: ignore[misc]
        """The back end, on that state."""

        def begin_circuit(self, num_subsystems: int, **options: Any) -> None:
            super().begin_circuit(num_subsystems, **options)
            self.circuit = QuickCircuit(num_subsystems, options["cutoff_dim"], options.get("pure", True))

    return QuickFock


def quick_fock() -> Any:
    """Return a Fock back end for `strawberryfields.Engine` with the results of its own, up to rounding."""
    return _engine_class()()
