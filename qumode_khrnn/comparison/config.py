"""Configure the comparison, from TOML or the built-in quick and full settings."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from compiler.errors import InputError
from qumode_khrnn.hsmt.alphabet import require_read_quadratures
from qumode_khrnn.hsmt.models import find_model
from qumode_khrnn.settings import LearningRates, Positive, Scale, Squeezing, Strict, TrainingSeeds, validated

Size = tuple[Annotated[int, Field(ge=2, le=50, strict=True)], Annotated[int, Field(ge=2, le=8, strict=True)]]
"""``[n, k]``."""

Family = Literal["gru", "lstm", "ssm", "transformer"]
Latent = Annotated[int, Field(ge=1, le=1024, strict=True)]
Noise = Annotated[float, Field(ge=0.0, le=0.5, strict=True)]


class IdealConfig(Strict):
    """Ideal network and phase-space sampler: sentences of one probe, all kinds, for every alphabet and size."""

    alphabets: tuple[str, ...] = ("modular(2)", "modular(3)", "real")
    sizes: tuple[Size, ...] = ((4, 2), (4, 3), (5, 3), (6, 3))
    sentences: Positive = 1000
    real_sentences: Positive = 200

    @model_validator(mode="after")
    def _known(self) -> IdealConfig:
        for alphabet in self.alphabets:
            require_read_quadratures(alphabet, "the comparison")
        return self


class ExaminationConfig(Strict):
    """Models that are cross-examined by triple probes over ``modular(2)``, and up to some n by probes of every kind.

    ``dense_up_to``: largest n of models that are simulated as state vectors of qubits.
    """

    models: tuple[str, ...] = (
        "constant",
        "coin",
        "silent",
        "phase-space-sampler",
        "patched-sampler",
        "hashed-sampler",
        "taylor-sampler",
        "pair",
        "ideal",
        "qubits:0.001",
        "qubits:0.01",
    )
    tracker_shares: tuple[Annotated[float, Field(ge=0.0, le=1.0, strict=True)], ...] = (0.25, 0.5, 0.75, 0.9, 1.0)
    sizes: tuple[Size, ...] = (
        *((n, 2) for n in (3, 4, 6, 8, 12, 16, 24, 32, 48)),
        *((n, 3) for n in (4, 5, 6, 8, 12)),
    )
    probes: Positive = 600
    all_kinds_up_to: Positive = 6
    dense_up_to: Positive = 8

    @model_validator(mode="after")
    def _known(self) -> ExaminationConfig:
        for name in self.models:
            if find_model(name)[0].player is None:
                raise ValueError(f"examination: a model must answer token by token, and {name} does not; leave it out")
        if small := [n for n, _ in self.sizes if n < 3]:
            raise ValueError(f"examination: triple probes need n >= 3, found n = {small[0]}")
        return self

    def sizes_of(self, model: str) -> tuple[tuple[int, int], ...]:
        """Return the sizes at which a model is asked."""
        if model.startswith("qubits"):
            return tuple((n, k) for n, k in self.sizes if n <= self.dense_up_to)
        return self.sizes


class TrackerConfig(Strict):
    """Budgeted tracker over ``modular(2)``: every number of stored weights, in at most ``points`` steps."""

    sizes: tuple[Size, ...] = ((3, 2), (4, 2), (6, 2), (8, 2), (12, 2), (4, 3), (5, 3), (6, 3), (8, 3))
    sentences: Positive = 4000
    points: Annotated[int, Field(ge=2, le=100, strict=True)] = 11


class CompiledConfig(Strict):
    """The compiled network on a profile, with its noise.

    All hyperedges are written unless ``edges`` says otherwise. The squeezing is chosen for each loss unless it is
    given (`qumode_khrnn.comparison.compiled.best_squeezing`). The excess NLL has a closed form for k = 2; for k = 3 it
    comes from ``trajectories`` of a particle filter, half a second or more per sentence, so (5, 3) has fewer sentences.
    """

    profile: str = "photonic-cubic"
    size: Size = (4, 2)
    edges: Positive | None = None
    sentences: Positive = 200
    repeats: Positive = 10
    loss_scales: tuple[Scale, ...] = (0.0, 0.1, 0.3, 1.0)
    squeezing: Squeezing | None = None
    trajectories: Positive = 2000


class QubitConfig(Strict):
    """Qubit versions: Aer with depolarising noise after every CNOT (a tenth after one-qubit gates), and registers."""

    sizes: tuple[Size, ...] = ((4, 2), (4, 3))
    sentences: Positive = 200
    noise: tuple[Noise, ...] = (0.0, 0.001, 0.01)
    register_qubits: tuple[Annotated[int, Field(ge=2, le=6, strict=True)], ...] = (3, 4, 5)
    register_sentences: Positive = 24
    register_squeezing: Squeezing = 0.5
    resource_qubits: tuple[Annotated[int, Field(ge=2, le=6, strict=True)], ...] = (3, 4, 5, 6)


class NetworkProtocol(Strict):
    """How classical networks are trained, the same for every family and latent size.

    ``modular(2)``: fresh sentences every step. ``real``: a training set of ``sentences``.
    """

    alphabet: Literal["modular(2)", "real"] = "modular(2)"
    seeds: TrainingSeeds = 2
    learning_rates: LearningRates = (0.003, 0.005)
    search_steps: Positive = 600
    steps: Positive = 1200
    batch: Positive = 128
    window: Positive = 6
    curriculum: Annotated[float, Field(ge=0.0, lt=1.0, strict=True)] = 0.0
    patience: Positive = 100
    sentences: Positive = 20_000
    test_sentences: Positive = 6000
    bits: tuple[Annotated[int, Field(ge=1, le=16, strict=True)], ...] = (1, 2, 4, 8)


class NetworkStudy(NetworkProtocol):
    """Trained classical networks at one size: every family and latent size."""

    size: Size = (3, 2)
    families: tuple[Family, ...] = ("gru", "lstm", "ssm", "transformer")
    latents: tuple[Latent, ...] = (1, 2, 4, 8, 16, 32)


class NetworkCell(NetworkProtocol):
    """One network, as a cell of a sweep."""

    n: Annotated[int, Field(ge=2, le=8, strict=True)] = 3
    k: Annotated[int, Field(ge=2, le=8, strict=True)] = 2
    family: Family = "gru"
    latent: Latent = 16


class LearningCell(Strict):
    """One k-HRNN learnt from opaque tokens, as a cell of a sweep."""

    n: Annotated[int, Field(ge=2, le=8, strict=True)] = 4
    k: Annotated[int, Field(ge=2, le=8, strict=True)] = 2
    seed: Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)] = 0
    adam: bool = False


class TrackerCell(Strict):
    """The budgeted tracker at one number of stored weights, as a cell of a sweep."""

    n: Annotated[int, Field(ge=2, le=12, strict=True)] = 4
    k: Annotated[int, Field(ge=2, le=8, strict=True)] = 2
    budget: Annotated[int, Field(ge=0, le=500, strict=True)] = 0
    sentences: Positive = 1000


class LearningStudy(Strict):
    """The k-HRNN learnt from opaque tokens, from random starts, beside plain Adam with as many sentences."""

    modes: Annotated[int, Field(ge=2, le=6, strict=True)] = 4
    k: tuple[Annotated[int, Field(ge=2, le=4, strict=True)], ...] = (2, 3)
    seeds: Annotated[int, Field(ge=1, le=100, strict=True)] = 10
    adam: bool = True
    samples: Positive = 200
    largest: Annotated[int, Field(ge=4, le=12, strict=True)] = 10


class CompareConfig(Strict):
    """The comparison."""

    seed: Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)] = 1
    ideal: IdealConfig = IdealConfig()
    examination: ExaminationConfig = ExaminationConfig()
    tracker: TrackerConfig = TrackerConfig()
    compiled: tuple[CompiledConfig, ...] = (
        CompiledConfig(),
        CompiledConfig(size=(5, 2)),
        CompiledConfig(size=(5, 3), sentences=160),
    )
    qubits: QubitConfig = QubitConfig()
    networks: tuple[NetworkStudy, ...] = ()
    learning: LearningStudy = LearningStudy(k=())

    @model_validator(mode="after")
    def _sizes_fit(self) -> CompareConfig:
        listed = {name: getattr(self, name).sizes for name in ("ideal", "examination", "tracker", "qubits")}
        sizes = {
            **listed,
            "networks": [one.size for one in self.networks],
            "compiled": [one.size for one in self.compiled],
        }
        for name, found in sizes.items():
            for n, k in found:
                if k > n or (name not in ("ideal", "examination") and comb(n, k) > 500):
                    raise ValueError(f"{name}: sizes must have k <= n and at most 500 edges, found n = {n}, k = {k}")
        for name, keys in (
            ("networks", [(one.alphabet, one.size) for one in self.networks]),
            ("compiled", [(one.profile, one.size) for one in self.compiled]),
        ):
            if len(set(keys)) != len(keys):
                raise ValueError(f"{name}: each combination may be listed once, found {keys}")
        return self


QUICK = CompareConfig(
    ideal=IdealConfig(alphabets=("modular(2)", "real"), sizes=((4, 2), (4, 3)), sentences=200, real_sentences=60),
    examination=ExaminationConfig(sizes=((4, 2), (6, 2), (8, 2), (6, 3)), probes=200, all_kinds_up_to=4),
    tracker=TrackerConfig(sizes=((3, 2), (4, 2), (6, 2)), sentences=600, points=6),
    compiled=(CompiledConfig(sentences=30, repeats=5, loss_scales=(0.0, 0.3, 1.0)),),
    qubits=QubitConfig(
        sizes=((4, 2),),
        sentences=60,
        noise=(0.0, 0.01),
        register_qubits=(3, 4),
        register_sentences=3,
        resource_qubits=(3, 4),
    ),
)
"""Settings of ``khrnn compare --quick``: under a minute on two cores."""


WITHOUT_TRAINING = CompareConfig(
    ideal=IdealConfig(alphabets=("modular(2)", "real"), sizes=((4, 2), (4, 3)), sentences=200, real_sentences=30),
    examination=ExaminationConfig(
        models=("constant", "coin", "phase-space-sampler", "patched-sampler", "hashed-sampler", "pair", "ideal"),
        tracker_shares=(0.5, 1.0),
        sizes=((4, 2), (6, 2)),
        probes=100,
        all_kinds_up_to=4,
    ),
    tracker=TrackerConfig(sizes=((3, 2), (4, 2)), sentences=400, points=6),
    compiled=(CompiledConfig(sentences=30, repeats=5, loss_scales=(0.0, 1.0)),),
    qubits=QubitConfig(
        sizes=((4, 2),),
        sentences=60,
        noise=(0.0, 0.01),
        register_qubits=(3,),
        register_sentences=4,
        resource_qubits=(3, 4),
    ),
)
"""Settings of the comparison that ``khrnn run`` makes."""


TRAINED: Mapping[str, Any] = MappingProxyType(
    {
        "networks": (
            NetworkStudy(),
            NetworkStudy(size=(4, 2), latents=(4, 16, 64), search_steps=800, steps=4000, window=10, curriculum=0.4),
            NetworkStudy(
                alphabet="real", families=("gru", "lstm"), latents=(1, 2, 4, 8, 32), seeds=1, steps=4000, bits=()
            ),
        ),
        "learning": LearningStudy(),
    }
)
"""Settings that ``khrnn compare --train`` adds: classical networks, and the k-HRNN learnt from opaque tokens."""

QUICK_TRAINED: Mapping[str, Any] = MappingProxyType(
    {
        "networks": (
            NetworkStudy(
                families=("gru", "ssm"),
                latents=(1, 4, 16),
                seeds=1,
                learning_rates=(0.005,),
                steps=1000,
                test_sentences=2000,
                bits=(2, 8),
            ),
        ),
        "learning": LearningStudy(k=(2,), seeds=1, samples=30, largest=6),
    }
)
"""Settings that ``khrnn compare --quick --train`` adds."""


def check_network(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a `NetworkCell` with every default filled in; raises InputError if one is wrong."""
    return _checked(NetworkCell, settings, "network")


def check_learning(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a `LearningCell` with every default filled in; raises InputError if one is wrong."""
    return _checked(LearningCell, settings, "learning")


def check_tracker(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a `TrackerCell` with every default filled in; raises InputError if one is wrong."""
    found = _checked(TrackerCell, settings, "tracker")
    if found["budget"] > comb(found["n"], found["k"]):
        raise InputError(f"tracker: budget: must lie in 0..{comb(found['n'], found['k'])}, found {found['budget']}")
    return found


def _checked(
    model: type[NetworkCell] | type[LearningCell] | type[TrackerCell], settings: Mapping[str, Any], name: str
) -> dict[str, Any]:
    found = validated(model, settings, name)
    if found.k > found.n:
        raise InputError(f"{name}: k: must be at most n = {found.n}, found {found.k}")
    return found.model_dump(mode="json")
