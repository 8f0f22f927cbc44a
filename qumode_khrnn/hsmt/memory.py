r"""What a model carries between tokens, and what the task asks of it.

Bounds (N = binom(n, k) edges, N_i = binom(n - 1, k - 1) edges at a mode; proofs in docs/hsmt.md):

- the paper's: a classical latent dimension of at least N - 1 (Anschuetz and Gao, Quantum 10, 1976 (2026));
- ours, real alphabet: a latent state that is a continuous deterministic function of what was read and answered, and
  gives the exact laws, has at least N dimensions; over ``modular(d)`` at least ``N log2 d`` bits;
- ours, ``modular(2)``: after random weights were written, m bits of memory leave an average excess NLL of at least
  ``ln 2 * 2^{2-k} * (1 - m / N - 1 / N_i)`` nats on the momentum of a neighbour probe asked next, and a
  violation rate of at least a quarter of that without ``ln 2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, log, log2

from compiler.errors import InputError
from qumode_khrnn.hsmt.alphabet import levels_of


@dataclass(frozen=True, slots=True)
class Memory:
    """What a model carries between tokens.

    Attributes
    ----------
    amount : float
        How much, in ``unit``.
    unit : str
    bits : float, optional
        The same as classical bits or qubits; None for real numbers and qumodes, which have no such count.
    stated : str
        In words.
    """

    amount: float
    unit: str
    bits: float | None
    stated: str


def memory_of(model: str, alphabet: str, modes: int, amount: int = 0, bits_a_number: int = 32) -> Memory:
    """What a model carries between tokens.

    Parameters
    ----------
    model : str
        ``"k-HRNN"`` (ideal, compiled or trained), ``"qubit register"`` (amount: qubits a mode), ``"budgeted tracker"``
        (amount: stored weights), ``"phase-space sampler"``, or ``"network"`` (amount: numbers in its state).
    alphabet : str
    modes : int
        n.
    amount : int
    bits_a_number : int
        Precision of a network's numbers.

    Raises
    ------
    InputError
        If the model is not known.

    Examples
    --------
    >>> memory_of("phase-space sampler", "modular(2)", 5).bits
    10.0
    """
    levels = levels_of(alphabet)
    each = None if levels is None else log2(levels)
    number = "real numbers" if levels is None else f"numbers modulo {levels}"

    def bits(count: int) -> float | None:
        return None if each is None else count * each

    match model:
        case "k-HRNN":
            if each is None:
                return Memory(modes, "qumodes", None, f"{modes} qumodes; the ancilla is new for every readout")
            unit = "qubits" if levels == 2 else "qudits"
            return Memory(modes, unit, modes * each, f"{modes} systems of {levels} levels")
        case "qubit register":
            return Memory(modes * amount, "qubits", modes * amount, f"{modes} registers of {amount} qubits")
        case "budgeted tracker":
            said = f"{amount} weights; besides, the last known position and momentum of {modes} modes"
            return Memory(amount, f"weights ({number})", bits(amount), said)
        case "phase-space sampler":
            return Memory(2 * modes, number, bits(2 * modes), f"a position and a momentum for {modes} modes")
        case "network":
            said = f"{amount} numbers of {bits_a_number} bits"
            return Memory(amount, "numbers", amount * bits_a_number, said)
    raise InputError(f"the memory of {model!r} is not known")


def paper_bound(modes: int, k: int) -> int:
    """The paper's bound on the latent dimension of a classical model, ``binom(n, k) - 1``.

    >>> paper_bound(6, 3)
    19
    """
    return comb(modes, k) - 1


def dimension_bound(modes: int, k: int) -> int:
    """Our bound for continuous deterministic latent states, ``binom(n, k)``; in units of log2 d bits for modular(d)."""
    return comb(modes, k)


def least_excess_nll(modes: int, k: int, bits: float) -> float:
    """Least average excess NLL, in nats, of m bits of memory on a first neighbour probe over ``modular(2)``.

    >>> round(least_excess_nll(6, 2, 0), 4) == round(log(2) * (1 - 1 / 5), 4)
    True
    """
    return log(2.0) * _least(modes, k, bits)


def least_violation(modes: int, k: int, bits: float) -> float:
    """Least average violation rate of m bits of memory on a first neighbour probe over ``modular(2)``."""
    return 0.25 * _least(modes, k, bits)


def _least(modes: int, k: int, bits: float) -> float:
    return float(2.0 ** (2 - k) * max(0.0, 1.0 - bits / comb(modes, k) - 1.0 / comb(modes - 1, k - 1)))
