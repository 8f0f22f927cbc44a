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

from math import cosh, log, pi, tanh

import numpy as np
from numpy.typing import NDArray

from compiler.circuit import Circuit
from compiler.errors import CircuitError
from compiler.loop_jobs import Loop, LoopJob
from compiler.operations import ControlledZ, Operation, PrepareSqueezed


def graph_state(weights: NDArray[np.float64], r: float) -> Circuit:
    """Modes squeezed in p by r, and a ControlledZ for every weight that is not 0.

    Parameters
    ----------
    weights : array, shape (n, n)
        Real, symmetric, with zero diagonal.
    r : float
        var p = e^{-2r} before the edges.

    Raises
    ------
    CircuitError
        If the matrix is not such.

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
    """r_in of the graph states that two-mode squeezing r prepares: ``log(cosh(2 r)) / 2``.

    >>> round(input_squeezing(1.0), 4)
    0.6625
    """
    return 0.5 * log(cosh(2.0 * r))


def paired_graph_state(block: NDArray[np.float64], r: float = 1.0) -> Circuit:
    """The graph state on n pairs with weights ``tanh(2 r) block[j, k]`` between signal j and idler n + k.

    The identity gives n separate edges; a Hadamard matrix over its square root gives the complete bipartite graph.

    Parameters
    ----------
    block : array, shape (n, n)
        Real, symmetric and orthogonal.
    r : float
        Two-mode squeezing of the device; 1 for X8.

    Raises
    ------
    CircuitError
        If the block is not such.

    Examples
    --------
    >>> from compiler.paired_modes import pair_reasons
    >>> pair_reasons(paired_graph_state(np.eye(4)))
    ()
    """
    n = len(block)
    if block.shape != (n, n) or not np.allclose(block, block.T) or not np.allclose(block @ block, np.eye(n)):
        raise CircuitError("a graph state on pairs needs a real symmetric orthogonal block of weights")
    none = np.zeros((n, n))
    symmetric = 0.5 * (block + block.T)
    return graph_state(tanh(2.0 * r) * np.block([[none, symmetric], [symmetric, none]]), input_squeezing(r))


def loop_graph_state(modes: int, r: float, delays: tuple[int, ...] = (1, 6, 36)) -> LoopJob:
    """The job that prepares pulses (0, 1), (2, 3), .. as two-mode graph states of weight tanh(2 r).

    All pulses are turned by pi/2; a balanced beamsplitter of loop 0 joins each pair. The first delay must be 1.

    Raises
    ------
    CircuitError
        If the number of modes is odd, or the first delay is not 1.

    Examples
    --------
    >>> from compiler.loop_jobs import job_reasons
    >>> job_reasons(loop_graph_state(6, 0.893))
    ()
    """
    if modes % 2 or modes < 2 or delays[0] != 1:
        raise CircuitError(
            f"pairs of neighbouring pulses need an even number of modes and a first delay of 1, found {modes}, {delays}"
        )
    idle = Loop((0.0,) * modes, (0.0,) * modes)
    first = Loop((pi / 2,) * modes, (0.0, pi / 4) * (modes // 2))
    return LoopJob(r, (first, *(idle for _ in delays[1:])))
