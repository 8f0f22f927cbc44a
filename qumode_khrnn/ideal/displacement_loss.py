"""Sample the network with loss before every readout of a displacement, by the branch simulator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import DisplacementReadout, Loss, Operation
from qumode_khrnn.hsmt.displacement import DisplacementToken
from qumode_khrnn.hsmt.language import Token, sentence_circuit
from qumode_khrnn.network.cell import Network
from simulations.branches.run import sample

MOST_READOUTS = 8
"""Largest number of readouts of a sentence with loss: every loss adds a mode, every readout doubles the branches."""


def lossy_bits(tokens: Sequence[Token], network: Network, rng: np.random.Generator, loss: float) -> tuple[int, ...]:
    """Return the answers of a network whose modes lose a share of their light right before they are read.

    Parameters
    ----------
    tokens : sequence of Token
        Tokens of the alphabet ``displacement``.
    network : Network
    rng : numpy.random.Generator
    loss : float
        Share of light that each mode of a token D loses to the vacuum.

    Raises
    ------
    InputError
        If the sentence has too many readouts.
    """
    reads = [(t, token) for t, token in enumerate(tokens) if isinstance(token, DisplacementToken)]
    if len(reads) > MOST_READOUTS:
        raise InputError(
            f"a network with loss is simulated for at most {MOST_READOUTS} readouts per sentence, found {len(reads)}; "
            "generate sentences with fewer probes, or leave --loss out"
        )
    results = sample(lossy_circuit(tokens, network, loss), 1, rng).results
    return tuple(token.sign * int(results[f"y{t}"][0]) for t, token in reads)


def lossy_circuit(tokens: Sequence[Token], network: Network, loss: float) -> Circuit:
    """Return the circuit of a sentence, with loss on the modes of a readout right before it."""
    circuit = sentence_circuit(tokens, network)
    operations: list[Operation] = []
    for op in circuit.operations:
        if isinstance(op, DisplacementReadout):
            operations += [Loss((mode,), 1.0 - loss) for mode in op.modes]
        operations.append(op)
    return circuit.with_operations(tuple(operations))
