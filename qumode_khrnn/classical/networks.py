"""Define classical networks whose memory is counted. This module imports torch.

Every network is ``encoder -> core -> head``. The encoder (one hidden layer) reads a token's features; the head (two
hidden layers) gives the law of the answer. Both have the same width in every family, and neither carries anything from
token to token. The core carries a state, one float32 tensor of shape (B, memory), zero at the start, and nothing else.
The head sees the output of the core before and after the token, and the token itself: the size of the state is the only
bottleneck.

- ``gru``: h; memory = latent.
- ``lstm``: h and c; memory = 2 latent.
- ``ssm``: s' = a s + B u with u = encoder(token), real diagonal -1 < a < 1 and B learned, no gates; memory = latent.
- ``transformer``: two blocks of attention over the last `window` tokens. Of each token each block keeps `latent`
  numbers, from which a linear map makes keys and values; memory = 2 window latent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from compiler.errors import InputError, did_you_mean

NORMALS = 4
"""Number of normal laws in the mixture that a network predicts for a real answer."""


FAMILIES = ("gru", "lstm", "ssm", "transformer")
"""Families of networks."""

SHARPNESS = 16.0
"""Scale of the first layer's initial weights. Features of two edges that share a mode are alike, and from small weights
every network first learns sums over all edges and stays there; large ones make tokens distinct from the start."""


FORGET_BIAS = 2.0
"""Added to the initial bias of an LSTM's forget gate: what was written must last to the end of the sentence."""


class Core(nn.Module, ABC):
    """The part of a network that carries a state from token to token.

    Attributes
    ----------
    memory : int
        Number of numbers carried.
    visible : int
        Number of numbers shown to the head.
    """

    memory: int
    visible: int

    @abstractmethod
    def forward(self, tokens: Tensor) -> Tensor:
        """Process whole sentences: (B, T, width) -> (B, T, visible), starting from the state zero."""

    @abstractmethod
    def step(self, state: Tensor, token: Tensor) -> tuple[Tensor, Tensor]:
        """Process one token: state (B, memory), token (B, width) -> new state, visible (B, visible)."""


class GruCore(Core):
    """Gated recurrent unit; the head sees h before and after the token."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.memory, self.visible = latent, 2 * latent
        self.layer = nn.GRU(width, latent, batch_first=True)

    def forward(self, tokens: Tensor) -> Tensor:
        after, _ = self.layer(tokens)
        return torch.cat([_before(after), after], dim=2)

    def step(self, state: Tensor, token: Tensor) -> tuple[Tensor, Tensor]:
        _, after = self.layer(token[:, None], state[None].contiguous())
        return after[0], torch.cat([state, after[0]], dim=1)


class LstmCore(Core):
    """Long short-term memory; the head sees h before and after the token; the state is h, then c."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.memory, self.visible = 2 * latent, 2 * latent
        self.layer = nn.LSTM(width, latent, batch_first=True)
        with torch.no_grad():  # the forget gate starts open, as is usual
            dict(self.layer.named_parameters())["bias_ih_l0"][latent : 2 * latent] += FORGET_BIAS

    def forward(self, tokens: Tensor) -> Tensor:
        after, _ = self.layer(tokens)
        return torch.cat([_before(after), after], dim=2)

    def step(self, state: Tensor, token: Tensor) -> tuple[Tensor, Tensor]:
        before, cell = (part[None].contiguous() for part in state.chunk(2, dim=1))
        _, (after, cell) = self.layer(token[:, None], (before, cell))
        return torch.cat([after[0], cell[0]], dim=1), torch.cat([before[0], after[0]], dim=1)


class SsmCore(Core):
    """Diagonal linear recurrence ``s' = a s + B u`` without gates: only the encoder and the head are not linear."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.memory, self.visible = latent, 2 * latent
        self.decay = nn.Parameter(torch.atanh(torch.linspace(0.9, 0.999, latent)))
        self.into = nn.Linear(width, latent)

    def forward(self, tokens: Tensor) -> Tensor:
        drive, rate = self.into(tokens), torch.tanh(self.decay)
        state, states = torch.zeros_like(drive[:, 0]), []
        for t in range(drive.shape[1]):
            state = rate * state + drive[:, t]
            states.append(state)
        after = torch.stack(states, dim=1)
        return torch.cat([_before(after), after], dim=2)

    def step(self, state: Tensor, token: Tensor) -> tuple[Tensor, Tensor]:
        after = torch.tanh(self.decay) * state + self.into(token)
        return after, torch.cat([state, after], dim=1)


class Attention(nn.Module):
    """One pre-norm block: the token attends to the numbers kept of itself and of the `window` tokens before it.

    Empty places hold zeros, as the state does at the start; a learned bias per head and distance encodes the order.
    """

    def __init__(self, width: int, latent: int, window: int, heads: int) -> None:
        super().__init__()
        self.window, self.heads = window, heads
        self.norm, self.norm_out = nn.LayerNorm(width), nn.LayerNorm(width)
        self.keep = nn.Linear(width, latent)
        self.query, self.out = nn.Linear(width, width), nn.Linear(width, width)
        self.key_value = nn.Linear(latent, 2 * width)
        self.distance = nn.Parameter(torch.zeros(heads, window + 1))
        self.inner = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def kept(self, tokens: Tensor) -> Tensor:
        """Return the numbers that are kept of tokens: (.., width) -> (.., latent)."""
        return torch.as_tensor(self.keep(self.norm(tokens)))

    def attend(self, tokens: Tensor, kept: Tensor) -> Tensor:
        """Attend: tokens (B, T, width), kept (B, window + T, latent), oldest first -> (B, T, width)."""
        length, heads = tokens.shape[1], (self.heads, -1)
        query = self.query(self.norm(tokens)).unflatten(2, heads).transpose(1, 2)
        key, value = (p.unflatten(2, heads).transpose(1, 2) for p in self.key_value(kept).chunk(2, dim=2))
        place = torch.arange(self.window + length) - torch.arange(length)[:, None]  # 0: oldest in the window of t
        inside = (place >= 0) & (place <= self.window)
        bias = self.distance[:, place.clamp(0, self.window)].masked_fill(~inside, -torch.inf)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        tokens = tokens + self.out(mixed.transpose(1, 2).flatten(2))
        return torch.as_tensor(tokens + self.inner(self.norm_out(tokens)))


class TransformerCore(Core):
    """Causal Transformer of two blocks over a sliding window, which keeps few numbers of every token."""

    def __init__(self, width: int, latent: int, window: int, layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.latent, self.window = latent, window
        self.memory, self.visible = layers * window * latent, width
        self.blocks = nn.ModuleList(Attention(width, latent, window, heads) for _ in range(layers))

    def forward(self, tokens: Tensor) -> Tensor:
        for block in self._typed():
            tokens = block.attend(tokens, functional.pad(block.kept(tokens), (0, 0, self.window, 0)))
        return tokens

    def step(self, state: Tensor, token: Tensor) -> tuple[Tensor, Tensor]:
        token, new = token[:, None], []
        old = state.view(len(state), len(self.blocks), self.window, self.latent)
        for index, block in enumerate(self._typed()):
            kept = torch.cat([old[:, index], block.kept(token)], dim=1)  # (B, window + 1, latent)
            token = block.attend(token, kept)
            new.append(kept[:, 1:])
        return torch.stack(new, dim=1).flatten(1), token[:, 0]

    def _typed(self) -> list[Attention]:
        return [block for block in self.blocks if isinstance(block, Attention)]


class Model(nn.Module):
    """Encoder, core and head.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    features : int
        Numbers per token.
    levels : int, optional
        d of ``modular(d)``: the head gives d log-probabilities. None for ``real``: log-weights, means and log standard
        deviations of 4 normals.
    latent : int
        Size of the state; see the table of this module.
    width : int
        Width of encoder, head and attention.
    window : int
        Number of earlier tokens that the Transformer attends to.

    Raises
    ------
    InputError
        If the family is not known.
    """

    def __init__(self, family: str, features: int, levels: int | None, latent: int, width: int, window: int) -> None:
        super().__init__()
        if family not in FAMILIES:
            hint = did_you_mean(family, FAMILIES)
            raise InputError(f"the family must be one of {', '.join(FAMILIES)}, found {family!r}{hint}")
        self.levels = levels
        first = nn.Linear(features, 4 * width)
        with torch.no_grad():
            first.weight.mul_(SHARPNESS)
            first.bias.mul_(SHARPNESS)
        self.encoder = nn.Sequential(first, nn.GELU(), nn.Linear(4 * width, width), nn.GELU())
        self.core = _core(family, width, latent, window)
        core = self.core
        self.head = nn.Sequential(
            nn.Linear(core.visible + width, 4 * width),
            nn.GELU(),
            nn.Linear(4 * width, width),
            nn.GELU(),
            nn.Linear(width, 3 * NORMALS if levels is None else levels),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return laws after every token: (B, T, F) -> log-probabilities (B, T, d) or mixture parameters (B, T, 12)."""
        return self.law(self.seen(inputs))

    def seen(self, inputs: Tensor) -> Tensor:
        """Return the inputs of the head after every token: (B, T, F) -> (B, T, visible + width)."""
        tokens = self.encoder(inputs)
        return torch.cat([self.core(tokens), tokens], dim=2)

    def step(self, state: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Process one token: state (B, memory), inputs (B, F) -> new state, law."""
        token = self.encoder(inputs)
        state, visible = self.core.step(state, token)
        return state, self.law(torch.cat([visible, token], dim=1))

    def law(self, seen: Tensor) -> Tensor:
        """Apply the head: (.., visible + width) -> law."""
        raw: Tensor = self.head(seen)
        if self.levels is not None:
            law: Tensor = functional.log_softmax(raw, dim=-1)
            return law
        weight, mean, scale = raw.chunk(3, dim=-1)
        return torch.cat([weight.log_softmax(dim=-1), mean, scale.clamp(-7.0, 7.0)], dim=-1)


def _core(family: str, width: int, latent: int, window: int) -> Core:
    match family:
        case "gru":
            return GruCore(width, latent)
        case "lstm":
            return LstmCore(width, latent)
        case "ssm":
            return SsmCore(width, latent)
    return TransformerCore(width, latent, window)


def memory_of(network: Model) -> int:
    """Return the number of float32 numbers that the network carries from token to token."""
    return int(network.core.memory)


def log_likelihood(law: Tensor, answers: Tensor) -> Tensor:
    """Return the log-probability or log-density, in nats, of answers (..,) under laws (.., d) or (.., 12)."""
    if law.shape[-1] != 3 * NORMALS:
        return law.gather(-1, answers.long().unsqueeze(-1)).squeeze(-1)
    weight, mean, scale = law.chunk(3, dim=-1)
    score = (answers.unsqueeze(-1) - mean) * torch.exp(-scale)
    return torch.logsumexp(weight - 0.5 * score**2 - scale - 0.9189385332046727, dim=-1)  # ln(2 pi) / 2


def mass_outside(law: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return the probability outside [low, high]; for d levels low = high is the right answer."""
    if law.shape[-1] != 3 * NORMALS:
        return -torch.expm1(log_likelihood(law, low))
    weight, mean, scale = law.double().chunk(3, dim=-1)
    deviation = torch.exp(scale)
    below = torch.special.ndtr((low.unsqueeze(-1) - mean) / deviation)
    above = torch.special.ndtr((mean - high.unsqueeze(-1)) / deviation)
    outside: Tensor = (weight.exp() * (below + above)).sum(dim=-1)
    return outside


def _before(after: Tensor) -> Tensor:
    return functional.pad(after, (0, 0, 1, 0))[:, :-1]
