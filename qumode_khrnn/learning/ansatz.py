r"""Define a hardware-efficient qubit network on the same sentences, for comparison in the trainability study.

A gate token t applies L layers to all n qubits, a layer being ``RY(a) RZ(b)`` on every qubit and then CZ on
neighbouring pairs of a line, with angles of its own for every token, layer and qubit. Start, readouts and conditional
probabilities are the k-HRNN's (`qumode_khrnn.learning.model`).
"""

from __future__ import annotations

import numpy as np
import torch

from qumode_khrnn.learning.model import Likelihood


class HardwareEfficient:
    """Likelihood of answers under the ansatz.

    Parameters
    ----------
    likelihood : Likelihood
        Defines the readouts and the vocabulary.
    """

    def __init__(self, likelihood: Likelihood) -> None:
        self.likelihood = likelihood
        words = likelihood.vocabulary
        numbers = np.arange(2**words.modes)
        bits = numbers[None, :] >> np.arange(words.modes)[:, None] & 1
        line = (-1.0) ** (bits[1:] * bits[:-1]).sum(axis=0)
        self._line = torch.from_numpy(line).to(torch.complex128)
        self._identity = torch.ones((words.gates, len(numbers)), dtype=torch.complex128)

    def norms(self, angles: torch.Tensor, operators: torch.Tensor) -> torch.Tensor:
        """Do the same as `Likelihood.norms`.

        Parameters
        ----------
        angles : tensor, shape (gates, layers, modes, 2)
            Angles of RY and RZ.
        operators : tensor of int, shape (sentences, length)
        """

        def cell(psi: torch.Tensor, step: int) -> torch.Tensor:
            column = operators[:, step]
            rows = torch.nonzero(column < len(angles))[:, 0]
            return psi.index_copy(0, rows, self._layers(angles[column[rows]], psi[rows]))

        return self.likelihood.fold(self._identity, operators, cell)

    def _layers(self, angles: torch.Tensor, psi: torch.Tensor) -> torch.Tensor:
        """Return all layers on states (rows, 2^n) with angles (rows, layers, modes, 2)."""
        modes = angles.shape[2]
        half = modes // 2
        cos, sin = torch.cos(angles[..., 0] / 2.0), torch.sin(angles[..., 0] / 2.0)
        turn = torch.exp(-0.5j * angles[..., 1])
        # the matrix RZ RY, row by row
        one = torch.stack(
            [torch.stack([cos * turn, -sin * turn], -1), torch.stack([sin * turn.conj(), cos * turn.conj()], -1)], -2
        )  # (rows, layers, modes, 2, 2)
        low, high = _product(one[:, :, :half]), _product(one[:, :, half:])  # mode 0 is the lowest bit
        shape = (len(psi), 2 ** (modes - half), 2**half)
        for layer in range(angles.shape[1]):
            turned = high[:, layer] @ psi.reshape(shape) @ low[:, layer].transpose(1, 2)
            psi = turned.reshape(psi.shape) * self._line
        return psi


def _product(one: torch.Tensor) -> torch.Tensor:
    """Return the Kronecker product of 2 x 2 matrices (rows, layers, modes, 2, 2), the first mode lowest."""
    out = one[:, :, 0]
    for mode in range(1, one.shape[2]):
        size = 2 * out.shape[-1]
        # (.., a, i, b, j): the new mode's indices a, b are the higher bits
        out = (one[:, :, mode, :, None, :, None] * out[:, :, None, :, None, :]).reshape(*out.shape[:2], size, size)
    return out
