"""The compiled network on a profile, with its losses, answering HSMT sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from compiler.circuit import Circuit
from compiler.errors import NotMappableError
from compiler.mapping import unmappable
from compiler.noise import with_noise
from compiler.operations import Operation
from compiler.pipeline import MiscompilationError
from compiler.verify import compare
from hardware_profiles import Profile
from qumode_khrnn.cell import Network
from qumode_khrnn.cell_templates import CellTemplates
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.language import ReadToken, Sentence, Token, cell_of, sentence_circuit
from qumode_khrnn.hsmt.laws import NormalLaw, QuadraticLaw
from simulations.exact import simulate
from simulations.reference import exact_reference


@dataclass(frozen=True, slots=True)
class NoisyAnswers:
    """Answers of a noisy network, and the exact laws of the ideal one given those same earlier answers.

    ``dataset`` holds each sentence as often as it was answered, so that answers and sentences pair up.
    """

    dataset: Dataset
    answers: tuple[tuple[float, ...], ...]
    laws: tuple[tuple[NormalLaw | QuadraticLaw, ...], ...]
    largest_residual: float


def compile_sentence(
    tokens: tuple[Token, ...], network: Network, profile: Profile, cells: CellTemplates | None = None
) -> tuple[Circuit, float]:
    """The native circuit of a sentence, cell by cell as a recurrent network meets its tokens, and the largest residual.

    No gates are merged across cells: the network does not know the next token. Each shape of a cell is compiled and
    verified once (``cells`` keeps them for the next sentence), and the whole against the sentence's logical circuit.

    Raises
    ------
    NotMappableError
        If the profile cannot run a cell.
    MiscompilationError
        If the whole is not the sentence.
    """
    logical = sentence_circuit(tokens, network)
    cells = CellTemplates(network, profile) if cells is None else cells
    operations: list[Operation] = list(logical.operations[: network.modes])  # preparations of the latent modes
    for t, token in enumerate(tokens):
        operations += cells.operations(cell_of(token), f"y{t}")
    ancillas = (*logical.ancillas, *range(logical.modes, cells.modes))
    native = Circuit(cells.modes, tuple(operations), ancillas)
    if reasons := unmappable(native, profile):
        raise NotMappableError(profile.name, reasons)
    verdict = compare(logical, native)
    if not verdict.equivalent:
        raise MiscompilationError(f"the compiled sentence differs from its cells: {verdict.reason}")
    return native, max(cells.residual, verdict.residual)


def noisy_answers(
    dataset: Dataset,
    profile: Profile,
    loss_scale: float,
    seed: int,
    repeats: int = 1,
    progress: Callable[[int], None] | None = None,
) -> NoisyAnswers:
    """Compile every sentence for a profile, place its losses, and answer it.

    Parameters
    ----------
    dataset : Dataset
    profile : Profile
    loss_scale : float
        Factor on every loss of the profile in dB; 0 is the noiseless compiled network.
    seed : int
        Sentence i uses the stream ``[seed, i]``.
    repeats : int
        How often each sentence is answered.
    progress : callable
        Called with the number of sentences done.

    Raises
    ------
    NotMappableError
        If the profile cannot run a sentence.
    LeavesFamilyError
        If a lossy sentence cannot be simulated exactly: with k >= 3, use one probe a sentence.
    """
    network = dataset.spec.network
    sentences: list[Sentence] = []
    answers: list[tuple[float, ...]] = []
    laws: list[tuple[NormalLaw | QuadraticLaw, ...]] = []
    cells = CellTemplates(network, profile)
    residual = 0.0
    for index, sentence in enumerate(dataset.sentences):
        rng = np.random.default_rng([seed, index])
        native, found = compile_sentence(sentence.tokens, network, profile, cells)
        residual = max(residual, found)
        results = simulate(with_noise(native, profile, loss_scale), repeats, rng).results
        reads = [f"y{t}" for t, token in enumerate(sentence.tokens) if isinstance(token, ReadToken)]
        for shot in range(repeats):
            own = tuple(float(results[name][shot]) for name in reads)
            sentences.append(sentence)
            answers.append(own)
            # the law of a first answer does not depend on the answers
            laws.append(sentence.laws if len(own) == 1 else exact_reference(sentence.tokens, network, rng, own)[1])
        if progress is not None:
            progress(index + 1)
    return NoisyAnswers(Dataset(dataset.spec, tuple(sentences)), tuple(answers), tuple(laws), residual)
