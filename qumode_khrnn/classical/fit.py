"""Train one network once: batches, steps, evaluations and checkpoints."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from math import cos, pi
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from compiler.errors import InputError
from compiler.files import write_bytes
from hardware_profiles.extras import need
from qumode_khrnn.classical.config import MakeBatch, TrainConfig
from qumode_khrnn.classical.evaluation import evaluate
from qumode_khrnn.classical.features import Encoded
from qumode_khrnn.hsmt.alphabet import levels_of

if TYPE_CHECKING:
    from torch import Tensor

    from qumode_khrnn.classical.networks import Model

LEAST_RATE = 0.02
"""Where the cosine decay ends, as a share of the learning rate."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Excess NLL per answer, in nats, on the validation set after a number of steps."""

    step: int
    excess_nll: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training: the network with the best weights seen, steps and processor seconds, learning curve."""

    network: Model
    steps: int
    seconds: float
    curve: tuple[Evaluation, ...]

    @property
    def best(self) -> float:
        """Least excess NLL on the validation set."""
        return min(e.excess_nll for e in self.curve)


def fit(
    config: TrainConfig,
    rate: float,
    seed: int,
    steps: int,
    data: Encoded | MakeBatch,
    validation: Encoded,
    path: Path | None = None,
    watch: Callable[[Evaluation], None] | None = None,
) -> Fit:
    """Train one network; continue from the checkpoint if there is one.

    Parameters
    ----------
    config : TrainConfig
    rate : float
        Learning rate.
    seed : int
        Seed of the initial weights and the batches.
    steps : int
        Largest number of steps.
    data, validation
        As in `qumode_khrnn.classical.training.train`.
    path : Path, optional
        Checkpoint, written after every evaluation.
    watch : callable, optional
        Called after every evaluation, when its checkpoint has been written.

    Raises
    ------
    InputError
        If the checkpoint cannot be read or is of another training.
    """
    need("torch")
    import torch

    from qumode_khrnn.classical.networks import log_likelihood

    torch.set_num_threads(1)  # the order of sums, hence the weights, must not depend on the machine
    network = build(config, seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=config.weight_decay)
    about = json.dumps([asdict(config), rate, seed, steps])
    curve: list[Evaluation] = []
    best, seconds, step = _copy(network), 0.0, 0
    if path is not None and path.exists():
        saved = _load(path, about)
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        best, seconds = saved["best"], saved["seconds"]
        curve = [Evaluation(int(s), e) for s, e in saved["curve"]]
        step = curve[-1].step

    start = process_time()
    easy = config.curriculum * steps
    while step < steps and not _stalled([e for e in curve if e.step >= easy], config.patience):
        difficulty = min(1.0, step / easy) if easy else 1.0
        batch = _batch(data, seed, step, config.batch_size, difficulty)
        for group in optimiser.param_groups:
            group["lr"] = rate * _schedule(step, steps, config.warmup)
        read = torch.tensor(batch.read)
        law = network.law(network.seen(torch.tensor(batch.inputs))[read])
        loss = -log_likelihood(law, torch.tensor(batch.answers)[read]).mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.clip)
        optimiser.step()
        step += 1
        if step % config.evaluate_every and step < steps:
            continue
        now = Evaluation(step, evaluate(network, validation)[0].excess_nll)
        if not curve or now.excess_nll < min(e.excess_nll for e in curve):
            best = _copy(network)
        curve.append(now)
        if path is not None:
            _save(path, about, network, optimiser.state_dict(), best, seconds + process_time() - start, curve)
        if watch is not None:
            watch(now)
    network.load_state_dict(best)
    return Fit(network, step, seconds + process_time() - start, tuple(curve))


def build(config: TrainConfig, seed: int) -> Model:
    """Return a network with random weights; the global generator is left as it was."""
    need("torch")
    import torch

    from qumode_khrnn.classical.networks import Model

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Model(
            config.family, config.features, levels_of(config.alphabet), config.latent, config.width, config.window
        )


def _batch(data: Encoded | MakeBatch, seed: int, step: int, size: int, difficulty: float) -> Encoded:
    if not isinstance(data, Encoded):
        return data(np.random.default_rng([seed, step]), size, difficulty)
    size = min(size, len(data))
    epoch, index = divmod(step, len(data) // size)  # the last, smaller batch of an epoch is left out
    order = np.random.default_rng([seed, epoch]).permutation(len(data))
    return data.rows(order[index * size : (index + 1) * size])


def _schedule(step: int, steps: int, warmup: int) -> float:
    decay = LEAST_RATE + (1.0 - LEAST_RATE) * 0.5 * (1.0 + cos(pi * step / steps))
    return min(1.0, (step + 1) / warmup) * decay


def _stalled(curve: list[Evaluation], patience: int) -> bool:
    values = [e.excess_nll for e in curve]
    return len(values) > patience and min(values[-patience:]) >= min(values[:-patience])


def _copy(network: Model) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _save(
    path: Path,
    about: str,
    network: Model,
    optimiser: dict[str, Any],
    best: dict[str, Tensor],
    seconds: float,
    curve: list[Evaluation],
) -> None:
    import torch

    out = io.BytesIO()
    torch.save(
        {
            "about": about,
            "network": network.state_dict(),
            "optimiser": optimiser,
            "best": best,
            "seconds": seconds,
            "curve": [(e.step, e.excess_nll) for e in curve],
        },
        out,
    )
    write_bytes(path, sha256(out.getvalue()).digest() + out.getvalue())


def _load(path: Path, about: str) -> dict[str, Any]:
    import torch

    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the checkpoint {path}: {error.strerror or error}") from None
    size = sha256().digest_size
    if sha256(content[size:]).digest() != content[:size]:
        raise InputError(f"the checkpoint {path} is damaged; delete it")
    saved: dict[str, Any] = torch.load(io.BytesIO(content[size:]), weights_only=True)
    if saved["about"] != about:
        raise InputError(f"the checkpoint {path} belongs to another training; delete it or choose another folder")
    return saved
