"""Run the modular network with d = 2 on Qiskit Aer: mid-circuit readouts, depolarising noise, violations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.qubits.modular import ModularStep, QubitPhase, QubitRead, QubitShift, modular_circuit
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken, Token, quadrature_token
from qumode_khrnn.qubits.aer import DepolarisingNoise, marginal, sample

MAX_DENSITY_QUBITS = 10
"""Largest density matrix: 16 MiB."""


@dataclass(frozen=True, slots=True)
class ViolationRate:
    """Probability of a wrong answer to a matched probe at one noise level."""

    noise: DepolarisingNoise
    rate: float

    def to_json(self) -> dict[str, float]:
        """Return plain data."""
        return {"p1": self.noise.p1, "p2": self.noise.p2, "rate": self.rate}


def steps_of(tokens: Iterable[Token]) -> tuple[ModularStep, ...]:
    """Return HSMT tokens as steps of `modular_circuit`; the t-th token's answer is the result ``y<t>``.

    Raises
    ------
    InputError
        If a weight or an amount is not an integer.

    Examples
    --------
    >>> steps_of([EdgeToken((0, 1), 1.0), ReadToken("p", 0)])
    (QubitPhase(modes=(0, 1), weight=1), QubitRead(quadrature='p', mode=0, result='y1'))
    """
    return tuple(_step(t, token) for t, token in enumerate(tokens))


def sample_modular(
    tokens: Sequence[Token], modes: int, shots: int, seed: int, noise: DepolarisingNoise | None = None
) -> dict[str, NDArray[np.int64]]:
    """Return the answers of the modular network, sampled on Aer with mid-circuit measurements.

    Parameters
    ----------
    tokens : sequence of Token
    modes : int
    shots : int
        At least 1.
    seed : int
    noise : DepolarisingNoise, optional
        Ideal if None.

    Returns
    -------
    dict of str to array, shape (shots,)
        0 or 1, by result name; the arrays belong together shot by shot.

    Raises
    ------
    InputError
        If the tokens or the number of shots do not fit.
    """
    return sample(modular_circuit(modes, steps_of(tokens)), shots, seed, noise)


def matched_probe(modes: int, order: int) -> tuple[Token, ...]:
    """Write all edges of ``order`` modes with weight 1, undo the star of mode 0, read p there: the answer is 0.

    Raises
    ------
    InputError
        If not ``1 <= order <= modes``.
    """
    if not 1 <= order <= modes:
        raise InputError(f"edges must have 1..{modes} modes, found {order}")
    edges = list(combinations(range(modes), order))
    undone = tuple(EdgeToken(edge, -1.0) for edge in edges if 0 in edge)
    return (*(EdgeToken(edge, 1.0) for edge in edges), *undone, ReadToken("p", 0))


def violation_rates(levels: Iterable[DepolarisingNoise], modes: int = 4, order: int = 3) -> tuple[ViolationRate, ...]:
    """Return the probability that `matched_probe` is answered wrongly, from the density matrix; nothing is sampled.

    Parameters
    ----------
    levels : iterable of DepolarisingNoise
    modes, order : int
        n, at most 10, and k.

    Raises
    ------
    InputError
        If there are more than 10 modes, or k does not fit.
    """
    if modes > MAX_DENSITY_QUBITS:
        raise InputError(f"a density matrix holds at most {MAX_DENSITY_QUBITS} modes, found {modes}")
    circuit = modular_circuit(modes, steps_of(matched_probe(modes, order)))
    (register,) = circuit.cregs
    return tuple(ViolationRate(noise, float(marginal(circuit, register.name, noise)[1])) for noise in levels)


def _step(t: int, token: Token) -> ModularStep:
    match quadrature_token(token):
        case EdgeToken(modes, weight):
            return QubitPhase(modes, _integer(weight, f"token {t}: the weight of a modular edge"))
        case ShiftToken(mode, amount):
            return QubitShift(mode, _integer(amount, f"token {t}: the amount of a modular shift"))
        case ReadToken(quadrature, mode):
            return QubitRead(quadrature, mode, f"y{t}")


def _integer(value: float, what: str) -> int:
    if not float(value).is_integer():
        raise InputError(f"{what} must be an integer, found {value}")
    return int(value)
