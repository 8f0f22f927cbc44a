r"""Evaluate a network: its predictions, their errors, and the same with its memory rounded to a number of bits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from qumode_khrnn.classical.features import KINDS, Encoded, Floats

if TYPE_CHECKING:
    from torch import Tensor

    from qumode_khrnn.classical.networks import Model

CHUNK = 2048
"""Number of sentences that are predicted together."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of a network on one probe kind, or on ``"all"``.

    Attributes
    ----------
    probe : str
        Probe kind.
    answers, determined : int
        Number of answers, and number of determined answers among them.
    excess_nll : float
        Negative log-likelihood per answer minus that of the exact laws, in nats.
    violation_rate : float, optional
        Mean probability put on wrong answers where the exact law is determined (modular), or outside the exact mean
        +- 5 exact standard deviations (real); None if no answer is determined.
    excess_ci95, violation_ci95 : pair of float, optional
        95 % intervals over test sentences; answers of a sentence are not independent and are not taken as such.
    """

    probe: str
    answers: int
    determined: int
    excess_nll: float
    excess_ci95: Interval | None
    violation_rate: float | None
    violation_ci95: Interval | None

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Quantised:
    """A network whose state is rounded after every token to 2^bits levels per number: a memory of size * bits bits.

    Attributes
    ----------
    network : Model
    bits : int
    low, high : float32 array, shape (memory,)
        First and last level of each number of the state.
    """

    network: Model
    bits: int
    low: Floats
    high: Floats


def predict(network: Model | Quantised, encoded: Encoded) -> Floats:
    """Return the laws after every token, given the answers before it.

    Returns
    -------
    float32 array
        Probabilities, shape (B, T, d), for ``modular(d)``; for ``real`` the parameters of the mixture, shape
        (B, T, 12): log-weights, means and log standard deviations of 4 normals. Only the entries at reading
        tokens have a meaning.
    """
    law, levels = _laws(network, encoded), _model(network).levels
    return np.asarray((law if levels is None else law.exp()).numpy(), dtype=np.float32)


def evaluate(network: Model | Quantised, encoded: Encoded) -> tuple[Score, ...]:
    """Return the scores overall, first, and by probe kind."""
    import torch

    from qumode_khrnn.classical.networks import log_likelihood, mass_outside

    law = _laws(network, encoded)
    answers, low, high = (torch.tensor(part) for part in (encoded.answers, encoded.low, encoded.high))
    excess = encoded.exact.astype(np.float64) - log_likelihood(law, answers).double().numpy()
    wrong = mass_outside(law, low, high).double().numpy()
    scores = []
    for number, probe in ((None, "all"), *((i, kind.value) for i, kind in enumerate(KINDS))):
        chosen = encoded.read if number is None else encoded.kinds == number
        fixed = chosen & encoded.determined
        if not chosen.any():
            continue
        mean, interval = clustered_mean(excess, chosen)
        rate, rate_interval = clustered_mean(wrong, fixed) if fixed.any() else (None, None)
        scores.append(Score(probe, int(chosen.sum()), int(fixed.sum()), mean, interval, rate, rate_interval))
    return tuple(scores)


def quantised(network: Model, bits: int, measured: Encoded) -> Quantised:
    """Round the carried state to ``2^bits`` uniform levels per number.

    Numbers that the family keeps within [-1, 1] (h of GRU and LSTM) use that range. The others use the range that they
    take on `measured`, the validation set; values that leave this range later are clipped to it.

    Raises
    ------
    InputError
        If bits do not lie in 1..32.
    """
    from qumode_khrnn.classical.networks import GruCore, LstmCore

    if not 1 <= bits <= 32:
        raise InputError(f"bits per number must lie in 1..32, found {bits}")
    low, high = (np.array(edge.numpy(), np.float32) for edge in _ranges(network, measured))
    bounded = {GruCore: len(low), LstmCore: len(low) // 2}.get(type(network.core), 0)
    low[:bounded], high[:bounded] = -1.0, 1.0
    return Quantised(network, bits, low, high)


def clustered_mean(values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> tuple[float, Interval | None]:
    """Return the mean of the chosen values, shape (B, T), and its normal 95 % interval for independent rows.

    The ratio of sums ``sum s_b / sum c_b`` has the variance ``B / (B - 1) sum (s_b - mean c_b)^2 / (sum c_b)^2``.

    >>> mean, (low, high) = clustered_mean(np.array([[0.0, 0.0], [1.0, 1.0]]), np.ones((2, 2), bool))
    >>> round(mean, 3), round(high - mean, 3)  # two independent rows, not four independent values
    (0.5, 0.98)
    """
    sums, counts = np.where(chosen, values, 0.0).sum(axis=1), chosen.sum(axis=1)
    rows, total = int((counts > 0).sum()), float(counts.sum())
    mean = float(sums.sum() / total)
    if rows < 2:
        return mean, None
    half = 1.959963984540054 * sqrt(rows / (rows - 1) * float(np.sum((sums - mean * counts) ** 2))) / total
    return mean, (mean - half, mean + half)


def _model(network: Model | Quantised) -> Model:
    return network.network if isinstance(network, Quantised) else network


def _laws(network: Model | Quantised, encoded: Encoded) -> Tensor:
    import torch

    with torch.no_grad():
        parts = []
        for start in range(0, len(encoded), CHUNK):
            inputs = torch.tensor(encoded.inputs[start : start + CHUNK])
            parts.append(_stepped(network, inputs) if isinstance(network, Quantised) else network(inputs))
        return torch.cat(parts)


def _stepped(rounded: Quantised, inputs: Tensor) -> Tensor:
    import torch

    # float64: 2^32 levels do not fit into the 24-bit mantissa of float32
    low, high = torch.tensor(rounded.low).double(), torch.tensor(rounded.high).double()
    step = (high - low).clamp_min(1e-30) / (2.0**rounded.bits - 1.0)
    state, laws = torch.zeros(len(inputs), len(rounded.low)), []
    for t in range(inputs.shape[1]):
        state, law = rounded.network.step(state, inputs[:, t])
        clipped = torch.minimum(torch.maximum(state.double(), low), high)
        state = (low + step * torch.round((clipped - low) / step)).float()
        laws.append(law)
    return torch.stack(laws, dim=1)


def _ranges(network: Model, encoded: Encoded) -> tuple[Tensor, Tensor]:
    import torch

    memory = network.core.memory
    low, high = torch.full((memory,), torch.inf), torch.full((memory,), -torch.inf)
    with torch.no_grad():
        for start in range(0, len(encoded), CHUNK):
            inputs, over = torch.tensor(encoded.inputs[start : start + CHUNK]), encoded.padding[start : start + CHUNK]
            state = torch.zeros(len(inputs), memory)
            for t in range(inputs.shape[1]):
                state, _ = network.step(state, inputs[:, t])
                seen = state[torch.tensor(~over[:, t])]
                if len(seen):
                    low, high = torch.minimum(low, seen.amin(dim=0)), torch.maximum(high, seen.amax(dim=0))
    return low, high
