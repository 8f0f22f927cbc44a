"""The compiled network on a profile, with its noise, answering HSMT sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.errors import NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation
from compiler.machines import check_native, machine_of
from compiler.pipeline import MiscompilationError
from compiler.semantics.equivalence import equivalent
from compiler.typing import Advance
from hardware_profiles import Profile
from qumode_khrnn.hsmt.alphabet import require_read_quadratures
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.language import ReadToken, Sentence, Token, cell_of
from qumode_khrnn.ideal.reference import exact_reference
from qumode_khrnn.network.cell import Network, UnitCell
from qumode_khrnn.network.cell_templates import CellTemplates
from qumode_khrnn.network.loss_aware import LossTracker
from simulations.exact import simulate
from simulations.laws.types import AnyLaw


@dataclass(frozen=True, slots=True)
class NoisyAnswers:
    """Answers of a noisy network, and the exact laws of the ideal one given those same earlier answers.

    ``dataset`` holds each sentence as often as it was answered, so that answers and sentences pair up.
    """

    dataset: Dataset
    answers: tuple[tuple[float, ...], ...]
    laws: tuple[tuple[AnyLaw, ...], ...]
    largest_residual: float


@dataclass(frozen=True, slots=True)
class CompiledSentence:
    """The native circuit of a sentence, the gain of each answer, and the largest residual of its verification."""

    circuit: Circuit
    gains: Mapping[str, float]
    residual: float


def compile_sentence(
    tokens: tuple[Token, ...],
    network: Network,
    profile: Profile,
    cells: CellTemplates | None = None,
    aware_scale: float | None = None,
) -> CompiledSentence:
    """Compile a sentence cell by cell, as a recurrent network meets its tokens.

    No gates are merged across cells: the network does not know the next token. Each shape of a cell is compiled and
    verified once (``cells`` keeps them for the next sentence). The whole is verified against the sentence's circuit.

    Parameters
    ----------
    tokens : tuple of Token
    network : Network
    profile : Profile
    cells : CellTemplates, optional
    aware_scale : float, optional
        If given, cells are loss-aware: weights and gains are rescaled for the profile's losses times this factor.

    Raises
    ------
    NotMappableError
        If the profile cannot run a cell.
    MiscompilationError
        If the compiled sentence is not equivalent to its cells.
    """
    cells = CellTemplates(network, profile) if cells is None else cells
    tracker, machine = LossTracker(network), machine_of(profile)
    gains: dict[str, float] = {}
    used: list[UnitCell] = []
    operations: list[Operation] = list(network.circuit(()).operations)  # preparations of the latent modes
    if aware_scale is not None:
        tracker.follow(UnitCell(), machine.noisy(network.circuit(()), profile, None, aware_scale).circuit.operations)
    for t, token in enumerate(tokens):
        cell = cell_of(token)
        used.append(cell if aware_scale is None else tracker.rescaled(cell))
        native_cell = cells.operations(used[-1], f"y{t}")
        if cell.readout is not None:
            gains[f"y{t}"] = 1.0 if aware_scale is None else tracker.gain(cell.readout)
        if aware_scale is not None:
            alone = Circuit(cells.modes, native_cell, tuple(range(network.modes, cells.modes)))
            tracker.follow(cell, machine.noisy(alone, profile, None, aware_scale).circuit.operations)
        operations += native_cell
    logical = network.circuit(used)
    ancillas = (*logical.ancillas, *range(logical.modes, cells.modes))
    native = Circuit(cells.modes, tuple(operations), ancillas)
    if reasons := check_native(native, profile):
        raise NotMappableError(profile.name, reasons)
    verdict = equivalent(logical, native)
    if not verdict.equivalent:
        raise MiscompilationError(f"the compiled sentence differs from its cells: {verdict.reason}")
    return CompiledSentence(native, gains, max(cells.residual, verdict.residual))


def noisy_answers(
    dataset: Dataset,
    profile: Profile,
    loss_scale: float,
    seed: int,
    repeats: int = 1,
    progress: Advance | None = None,
    aware: bool = False,
    compiled: Sequence[CompiledSentence] | None = None,
) -> NoisyAnswers:
    """Compile every sentence for a profile, place its noise, and answer it.

    Parameters
    ----------
    dataset : Dataset
    profile : Profile
    loss_scale : float
        Factor on every loss of the profile in dB and noise variance; 0 is the noiseless compiled network.
    seed : int
        Sentence i uses the stream ``[seed, i]``.
    repeats : int
        How often each sentence is answered.
    progress : callable
        Called with the number of sentences done.
    aware : bool
        Whether cells are loss-aware.
    compiled : sequence of CompiledSentence, optional
        The compiled sentences, if they exist already; loss-aware ones must belong to this scale.

    Raises
    ------
    InputError
        If the sentences read displacements.
    NotMappableError
        If the profile cannot run a sentence.
    LeavesFamilyError
        If a lossy sentence cannot be simulated exactly: with k >= 3, use one probe per sentence.
    """
    require_read_quadratures(dataset.spec.alphabet, "a compiled network with the noise of a profile")
    network = dataset.spec.network
    sentences: list[Sentence] = []
    answers: list[tuple[float, ...]] = []
    laws: list[tuple[AnyLaw, ...]] = []
    cells = CellTemplates(network, profile)
    residual = 0.0
    for index, sentence in enumerate(dataset.sentences):
        rng = np.random.default_rng([seed, index])
        if compiled is None:
            own = compile_sentence(sentence.tokens, network, profile, cells, loss_scale if aware else None)
        else:
            own = compiled[index]
        residual = max(residual, own.residual)
        results = simulate(
            machine_of(profile).noisy(own.circuit, profile, None, loss_scale).circuit, repeats, rng
        ).results
        reads = [f"y{t}" for t, token in enumerate(sentence.tokens) if isinstance(token, ReadToken)]
        for shot in range(repeats):
            given = tuple(own.gains[name] * float(results[name][shot]) for name in reads)
            sentences.append(sentence)
            answers.append(given)
            # the law of a first answer does not depend on the answers
            laws.append(sentence.laws if len(given) == 1 else exact_reference(sentence.tokens, network, rng, given)[1])
        if progress is not None:
            progress(index + 1)
    return NoisyAnswers(Dataset(dataset.spec, tuple(sentences)), tuple(answers), tuple(laws), residual)
