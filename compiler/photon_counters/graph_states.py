r"""Weighted graph states (k = 2) that photon-counting devices prepare exactly, and which they are.

Modes squeezed in p by r_in and joined by ``ControlledZ`` of weights V have the complex adjacency matrix ``Z = V + i
e^{-2 r_in}`` (N. C. Menicucci, S. T. Flammia and P. van Loock, Phys. Rev. A 83, 042335 (2011)) and the pair matrix
``B = (1 + i Z)(1 - i Z)^{-1}``, so an eigenvalue v of V becomes ``(1 - u + i v) / (1 + u - i v)``, u = e^{-2 r_in}.

- Pulses of one level r have ``|.| = t = tanh r``: then ``V = w A`` with ``A = A^T = A^{-1}`` real and
  ``w^2 (1 - t^2) = t^2 (1 + u)^2 - (1 - u)^2``. Which A the loops reach is a matter of their beamsplitters.
- Pairs of signal and idler modes have B zero within each half. Its real part there is a multiple of 1 (or, where a pair
  is not squeezed, u = 1 and ``-V^2 / (4 + V^2)``), so it must vanish: ``V = tanh(2 r) A``, ``u = 1 / cosh(2 r)``, ``B =
  i tanh(r) A``, and A couples signals with idlers by one symmetric orthogonal block. No other graph state of equally
  squeezed modes fits.

A hyperedge of three or more modes is no Gaussian state, and never fits.
"""

from __future__ import annotations

from math import cosh, log, pi, remainder, tanh

import numpy as np
from numpy.typing import NDArray

from compiler.errors import CircuitError, MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter, ControlledZ, Operation, PrepareSqueezed, Rotation
from compiler.semantics.gaussian_state import prepared_state

ANGLE_FLOOR_RAD = 1e-9
"""Phases of a pair below this, in rad, are rounding."""


def graph_state(weights: NDArray[np.float64], r: float) -> Circuit:
    """Return modes squeezed in p by r, and a ControlledZ for every weight that is not 0.

    Parameters
    ----------
    weights : array, shape (n, n)
        Real, symmetric, with zero diagonal.
    r : float
        var p = e^{-2r} before the edges.

    Raises
    ------
    CircuitError
        If the matrix is not of this form.

    Examples
    --------
    >>> len(graph_state(np.array([[0.0, 0.5], [0.5, 0.0]]), 1.0).operations)
    3
    """
    n = len(weights)
    if weights.shape != (n, n) or not np.array_equal(weights, weights.T) or np.any(np.diag(weights)):
        raise CircuitError("the weights of a graph are a symmetric matrix with zero diagonal")
    squeezed: list[Operation] = [PrepareSqueezed((m,), -r) for m in range(n)]
    edges = [ControlledZ((j, k), float(weights[j, k])) for j in range(n) for k in range(j + 1, n) if weights[j, k]]
    return Circuit(n, (*squeezed, *edges))


def input_squeezing(r: float) -> float:
    """Return r_in of the graph states that two-mode squeezing r prepares: ``log(cosh(2 r)) / 2``.

    >>> round(input_squeezing(1.0), 4)
    0.6625
    """
    return 0.5 * log(cosh(2.0 * r))


def paired_graph_state(block: NDArray[np.float64], r: float) -> Circuit:
    """Return the graph state on n pairs with weights ``tanh(2 r) block[j, k]`` between signal j and idler n + k.

    The identity gives n separate edges; a Hadamard matrix over its square root gives the complete bipartite graph.

    Parameters
    ----------
    block : array, shape (n, n)
        Real, symmetric and orthogonal.
    r : float
        Two-mode squeezing of the device.

    Raises
    ------
    CircuitError
        If the block is not of this form.

    Examples
    --------
    >>> from compiler.photon_counters.pair_fit import PairedDevice, pair_reasons
    >>> pair_reasons(paired_graph_state(np.eye(4), 1.0), PairedDevice("four-pairs", 4, (0.0, 1.0)))
    ()
    """
    n = len(block)
    if block.shape != (n, n) or not np.allclose(block, block.T) or not np.allclose(block @ block, np.eye(n)):
        raise CircuitError("a graph state on pairs needs a real symmetric orthogonal block of weights")
    none = np.zeros((n, n))
    symmetric = 0.5 * (block + block.T)
    return graph_state(tanh(2.0 * r) * np.block([[none, symmetric], [symmetric, none]]), input_squeezing(r))


def pairs_of_graph(circuit: Circuit, r: float, phi: float) -> Circuit | None:
    """Prepare a state of separate two-mode squeezed pairs by squeezing every mode by r, and a beamsplitter per pair.

    Parameters
    ----------
    circuit : Circuit
        A Gaussian preparation. A graph state of separate edges of weight tanh(2 r) at ``input_squeezing(r)`` is one.
    r : float
        Level of squeezing.
    phi : float
        Phase of the beamsplitters, rad.

    Returns
    -------
    Circuit or None
        None if the modes do not form pairs. The caller decides whether the state is the same.

    Examples
    --------
    >>> made = pairs_of_graph(graph_state(tanh(2.0) * np.eye(4)[[2, 3, 0, 1]], input_squeezing(1.0)), 1.0, pi / 2)
    >>> [op.modes for op in made.operations if isinstance(op, BeamSplitter)]
    [(0, 2), (1, 3)]
    """
    b = prepared_state(circuit).pair_matrix()
    if b is None:
        return None
    partner = [int(k) for k in np.argmax(np.abs(b), axis=1)]
    if any(k == m or partner[k] != m for m, k in enumerate(partner)):
        return None
    pairs = [(m, k) for m, k in enumerate(partner) if m < k]
    out: list[Operation] = [PrepareSqueezed((m,), r) for m in range(circuit.modes)]
    out += [Rotation((m,), pi / 2) for m in range(circuit.modes)]
    out += [BeamSplitter(pair, pi / 4, phi) for pair in pairs]
    # the beamsplitters make pairs of phase pi / 2; a rotation by theta turns the phase of a pair by theta
    turns = {k: remainder(float(np.angle(b[m, k])) - pi / 2, 2.0 * pi) for m, k in pairs}
    out += [Rotation((k,), turn) for k, turn in turns.items() if abs(turn) > ANGLE_FLOOR_RAD]
    return circuit.with_operations(tuple(out))


def with_fitting_graphs(error: NotMappableError, pairs: str, levels: tuple[float, ...]) -> NotMappableError:
    """Add to a refusal the graph states that fit."""
    first, *others = error.reasons
    fitting = " or ".join(f"{tanh(2.0 * r)!r} at squeezing {input_squeezing(r)!r}" for r in levels if r)
    advice = f"{first.relaxation}; edges on {pairs} fit, all of weight {fitting}"
    return NotMappableError(error.profile, (MappingReason(first.operation, first.reason, advice), *others))
