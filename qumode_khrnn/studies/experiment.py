"""Run the main job: HSMT data, compilation, verification, simulation with loss, cross-check; one frozen result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from compiler.costs.logical_loss import LossPerMode, loss_per_mode
from compiler.ir.circuit import Circuit
from compiler.ir.operations import phase
from compiler.machines import machine_of
from compiler.pipeline import CompiledProgram, compile_circuit
from compiler.synthesis.form import generic_rank
from compiler.synthesis.options import SynthesisOptions
from compiler.typing import Advance, Track
from hardware_profiles import Drawable, Profile, load_profile, profile_names
from qumode_khrnn.answers.noisy_network import CompiledSentence, NoisyAnswers, compile_sentence, noisy_answers
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.language import EdgeToken
from qumode_khrnn.hsmt.score import ModelInfo, ScoreRow, calibration, score_answers
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.network.cell import Network, Readout, UnitCell, state_circuit
from qumode_khrnn.network.cell_templates import CellTemplates
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph, random_hypergraph
from qumode_khrnn.studies.config import RunConfig
from qumode_khrnn.studies.cross_check import CrossCheck, cross_check
from qumode_khrnn.studies.devices import DeviceRow, device_rows, one_edge
from qumode_khrnn.studies.improvements import Improvement, improvements
from qumode_khrnn.studies.loss_study import LossStudy, loss_study
from qumode_khrnn.studies.witness_section import WitnessSection, witness_section
from simulations.programs.budget import Budget, error_budget
from simulations.programs.nullifiers import nullifier_polynomials

"""``(what, total) -> advance``: the function by which the experiment reports its progress."""


@dataclass(frozen=True, slots=True)
class CellCost:
    """Cost of one compiled unit cell in a network of n modes."""

    modes: int
    operations: int
    cubic_phase: int
    depth: int
    non_gaussian_depth: int
    residual: float


@dataclass(frozen=True, slots=True)
class StateCost:
    """Cost of a dense 3-uniform hypergraph of n modes, by strategy, on a profile with native cubic gates.

    ``cubics`` and ``strategy`` are the result of the objective ``cubics``, ``layers`` is the non-Gaussian depth of the
    objective ``depth``; strengths are sums of ``|gamma|``.
    """

    modes: int
    edges: int
    polarization: int
    eigen_peeling: int
    cubics: int
    strategy: str
    generic_rank: int
    strength_ratio: float
    layers: int
    residual: float


@dataclass(frozen=True, slots=True)
class LossPoint:
    """The compiled network at one loss scale; ``aware_rows`` are its scores with loss-aware cells.

    ``lost`` is the loss of its first sentence, by wire and by latent mode.
    """

    scale: float
    lost: LossPerMode
    rows: tuple[ScoreRow, ...]
    aware_rows: tuple[ScoreRow, ...]
    run: NoisyAnswers


@dataclass(frozen=True, slots=True)
class BudgetPoint(Drawable):
    """The error budget of one nullifier at one loss scale, and the loss of the state by wire and by latent mode."""

    scale: float
    budget: Budget
    lost: LossPerMode


@dataclass(frozen=True, slots=True, repr=False)
class ExperimentResult(Drawable):
    """The contents of the report.

    Attributes
    ----------
    config, profile : what was asked for
    ideal : Dataset
        Sentences answered by the ideal network.
    ideal_rows : scores of the ideal network, sampled
    ideal_calibration : p-value that its answers follow the exact laws
    lossy : Dataset
        Single-probe sentences that the compiled network answers.
    loss : tuple of LossPoint
    constant : scores of the constant 0, which has no memory, on those sentences
    cell : CompiledProgram
        The unit cell that the report draws.
    costs : tuple of CellCost
        The same cell in networks of growing size.
    states : tuple of StateCost
        Whole dense hypergraph states, on `ideal-cubic`.
    check : CrossCheck
    budgets : tuple of BudgetPoint
        One nullifier of a compiled hypergraph state, by loss scale.
    improvements : tuple of Improvement
        What halving each loss of the profile does to the variance of this nullifier.
    study : LossStudy
    devices : tuple of DeviceRow
        One hyperedge of each order on every shipped profile.
    witness : WitnessSection
        The noncontextuality inequality on a triangle, and the answer of every shipped profile.
    """

    config: RunConfig
    profile: Profile
    ideal: Dataset
    ideal_rows: tuple[ScoreRow, ...]
    ideal_calibration: float
    lossy: Dataset
    loss: tuple[LossPoint, ...]
    constant: tuple[ScoreRow, ...]
    cell: CompiledProgram
    costs: tuple[CellCost, ...]
    states: tuple[StateCost, ...]
    check: CrossCheck
    budgets: tuple[BudgetPoint, ...]
    improvements: tuple[Improvement, ...]
    study: LossStudy
    devices: tuple[DeviceRow, ...]
    witness: WitnessSection

    def __repr__(self) -> str:
        return f"<ExperimentResult for {self.profile.name}: {len(self.loss)} loss scales, {len(self.devices)} devices>"

    @property
    def loss_rows(self) -> tuple[ScoreRow, ...]:
        """Scores of the constant 0, and of the compiled network by loss scale, on what has an exact variance."""
        rows = [*self.constant, *(row for point in self.loss for row in (*point.rows, *point.aware_rows))]
        return tuple(row for row in rows if row.squared_error is not None)

    @property
    def shots(self) -> int:
        """Shots of the exact simulator in the cross-check."""
        return self.config.cross_check.shots

    @property
    def graph(self) -> Hypergraph:
        """The hypergraph that the first lossy sentence writes."""
        tokens = self.lossy.sentences[0].tokens
        count = self.lossy.spec.edges
        edges = [Hyperedge(t.modes, t.weight) for t in tokens if isinstance(t, EdgeToken)]
        return Hypergraph(self.lossy.spec.modes, tuple(edges[:count]))

    def failed_checks(self) -> tuple[str, ...]:
        """Return the checks that must hold in every run, whatever the settings, and fail."""
        closed, sampled = self.check.row("exact", "closed form"), self.check.row("exact", f"{self.shots} shots")
        witnesses = *self.check.of("grid"), *self.check.of("mrmustard")
        checks = {
            "the cost of the unit cell changes with the number of modes": len(
                {(c.operations, c.depth) for c in self.costs}
            )
            <= 1,
            "the ideal network violates determined probes": not any(row.violation_rate for row in self.ideal_rows),
            f"the ideal network's answers do not follow their laws (p = {self.ideal_calibration:.1e})": (
                self.ideal_calibration >= 1e-4
            ),
            "the closed-form moments of the compiled cell are off by more than 1e-12": abs(closed.relative_error)
            <= 1e-12,
            "the exact simulator misses the closed form by more than 5 standard errors": (
                abs(sampled.variance - self.check.exact_variance) <= 5.0 * (sampled.uncertainty or 0.0)
            ),
            "the grid or MrMustard on the grid's ket is off by more than 1e-3": all(
                abs(row.relative_error) <= 1e-3 for row in witnesses
            ),
            "loss-aware cells raise the error of matched probes": self.study.never_raised,
            "the branch simulator misses the closed form of the witness by more than 1e-9": (
                self.witness.study.witness.deviation <= 1e-9
            ),
        }
        return tuple(text for text, holds in checks.items() if not holds)

    def to_json(self) -> dict[str, Any]:
        """Return plain data for ``report.json``."""
        return {
            "format": "qumode-khrnn/report",
            "version": 1,
            "config": self.config.model_dump(mode="json"),
            "rows": [row.to_json() for row in self.ideal_rows]
            + [row.to_json() for point in self.loss for row in (*point.rows, *point.aware_rows)],
            "ideal_calibration_p": self.ideal_calibration,
            "loss": [
                {
                    "scale": p.scale,
                    "largest_residual": p.run.largest_residual,
                    "model": p.rows[0].model,
                    "loss_per_mode": p.lost.to_json(),
                }
                for p in self.loss
            ],
            "cell": {
                "resources": self.cell.resources.to_json(),
                "residual": self.cell.verification.residual,
                "passes": [p.to_json() for p in self.cell.passes],
            },
            "cell_costs": [asdict(cost) for cost in self.costs],
            "state_costs": [asdict(cost) for cost in self.states],
            "cross_check": asdict(self.check),
            "budgets": [
                {"scale": p.scale, "budget": asdict(p.budget), "loss_per_mode": p.lost.to_json()} for p in self.budgets
            ],
            "improvements": [one.to_json() for one in self.improvements],
            "loss_study": self.study.to_json(),
            "devices": [row.to_json() for row in self.devices],
            "witness": self.witness.to_json(),
        }


def run_experiment(config: RunConfig, track: Track) -> ExperimentResult:
    """Run the main job.

    Parameters
    ----------
    config : RunConfig
    track : callable
        See `Track`.

    Raises
    ------
    InputError
        If the configuration asks for something impossible.
    NotMappableError
        If the profile cannot run the cells.
    """
    profile = load_profile(config.profile)
    task = config.task
    spec = HsmtSpec(
        task.modes,
        task.k,
        task.sentences,
        probes=task.probes,
        squeezing_latent=config.squeezing_latent,
        squeezing_ancilla=config.squeezing_ancilla,
        seed=config.seed,
    )
    ideal = _dataset(spec, track("ideal network answers", task.sentences))
    answers, laws = [s.answers for s in ideal.sentences], [s.laws for s in ideal.sentences]
    info = ModelInfo("ideal k-HRNN", "k-HRNN", task.modes, "modes")
    single = replace(
        spec,
        modes=task.lossy_modes,
        sentences=task.lossy_sentences,
        probes=1,
        edges=task.lossy_edges,
        mixture={"matched": 1.0, "decoy": 1.0, "neighbour": 1.0},  # contextual probes leave the lossy family
    )
    lossy = _dataset(single, track("single-probe sentences", task.lossy_sentences))
    points = []
    cells = CellTemplates(lossy.spec.network, profile)
    plain = [compile_sentence(s.tokens, lossy.spec.network, profile, cells) for s in lossy.sentences]
    for scale in config.loss_scales:
        advance = track(f"compiled for {profile.name}, loss x {scale:g}", task.lossy_sentences)
        points.append(_loss_point(lossy, plain, profile, scale, config, advance))
    costs_track = track("constant gate complexity", len(config.cell_sizes))
    costs = []
    for done, modes in enumerate(config.cell_sizes, start=1):
        costs.append(cell_cost(modes, profile))
        costs_track(done)
    states_track = track("whole hypergraphs, by strategy", len(config.state_sizes))
    states = []
    for done, modes in enumerate(config.state_sizes, start=1):
        states.append(state_cost(modes, config.seed))
        states_track(done)
    checked = cross_check(
        profile,
        config.cross_check.cutoffs,
        config.cross_check.shots,
        config.seed,
        pure_cutoffs=config.cross_check.pure_cutoffs,
        progress=track(
            "one cell on every back end", 4 + len(config.cross_check.cutoffs) + len(config.cross_check.pure_cutoffs)
        ),
    )
    study_track = track("matched probes under loss", 1)
    asked = config.loss_study
    study = loss_study(
        asked.losses,
        asked.squeezings,
        config.seed,
        modes=asked.modes,
        weight=asked.weight,
        graphs=asked.graphs,
    )
    study_track(1)
    shipped = [load_profile(name) for name in profile_names()]
    graphs = [one_edge(k) for k in config.device_orders]
    devices = device_rows(shipped, graphs, track("one hyperedge on every device", len(shipped) * len(graphs)))
    witness_track = track("a noncontextuality inequality on every device", len(shipped))
    witness = witness_section(config.witness, tuple(shipped), config.seed, witness_track)
    return ExperimentResult(
        config=config,
        profile=profile,
        ideal=ideal,
        ideal_rows=score_answers(ideal, info, answers, laws),
        ideal_calibration=calibration(answers, laws),
        lossy=lossy,
        constant=_constant(lossy),
        loss=tuple(points),
        cell=compile_circuit(example_cell(4), profile),
        costs=tuple(costs),
        states=tuple(states),
        check=checked,
        budgets=tuple(state_budget(profile, config, scale) for scale in config.loss_scales),
        improvements=state_improvements(profile, config),
        study=study,
        devices=devices,
        witness=witness,
    )


def example_cell(modes: int) -> Circuit:
    """Return the unit cell of the report: one 3-edge on the last modes, then a readout of p of one of them."""
    edge = Hyperedge((modes - 3, modes - 2, modes - 1), 0.3)
    cell = UnitCell((edge,), (), Readout("p", modes - 3))
    return Network(modes, 1.0, 1.0).circuit([cell], prepare=False)


def state_budget(profile: Profile, config: RunConfig, scale: float) -> BudgetPoint:
    """Return the error budget of the first nullifier of a compiled dense hypergraph state on four modes."""
    source, native = _state(profile, config)
    name, polynomial = next(iter(nullifier_polynomials(source).items()))
    lost = loss_per_mode(machine_of(profile).noisy(native, profile, None, scale).circuit)
    return BudgetPoint(scale, error_budget(native, profile, {name: polynomial}, scale)[0], lost)


def state_improvements(profile: Profile, config: RunConfig) -> tuple[Improvement, ...]:
    """Return what halving each loss of the profile does to the nullifier of `state_budget`."""
    source, native = _state(profile, config)
    return improvements(native, profile, next(iter(nullifier_polynomials(source).values())))


def _state(profile: Profile, config: RunConfig) -> tuple[Circuit, Circuit]:
    """Return a dense hypergraph state on four modes, and its compiled circuit."""
    source = state_circuit(random_hypergraph(4, 3, np.random.default_rng([config.seed, 4])), config.squeezing_latent)
    return source, compile_circuit(source, profile).circuit


def cell_cost(modes: int, profile: Profile) -> CellCost:
    """Compile the example cell in a network of n modes, and count."""
    program = compile_circuit(example_cell(modes), profile)
    costs = program.resources
    return CellCost(
        modes,
        sum(costs.counts.values()),
        costs.counts.get("cubic_phase", 0),
        costs.depth,
        costs.non_gaussian_depth,
        program.verification.residual,
    )


def state_cost(modes: int, seed: int) -> StateCost:
    """Compile all hyperedge gates of a dense random hypergraph for `ideal-cubic`, and count."""
    graph = random_hypergraph(modes, 3, np.random.default_rng([seed, modes]))
    circuit = Circuit(modes, tuple(phase(edge.polynomial()) for edge in graph.edges))
    ideal = load_profile("ideal-cubic")
    program = compile_circuit(circuit, ideal)
    deep = compile_circuit(circuit, ideal, options=SynthesisOptions("depth"))
    reached = {row.strategy: row for row in program.strategies}
    by_hand = reached["polarization"]
    return StateCost(
        modes,
        len(graph.edges),
        by_hand.cubics or 0,
        reached["eigen-peeling"].cubics or 0,
        program.resources.counts["cubic_phase"],
        program.strategy,
        generic_rank(modes),
        program.resources.total_cubic_strength / (by_hand.strength or 1.0),
        deep.resources.non_gaussian_depth,
        max(program.verification.residual, deep.verification.residual),
    )


def _dataset(spec: HsmtSpec, advance: Advance) -> Dataset:
    sentences = []
    for done, sentence in enumerate(generate(spec, reference), start=1):
        sentences.append(sentence)
        advance(done)
    return Dataset(spec, tuple(sentences))


def _constant(dataset: Dataset) -> tuple[ScoreRow, ...]:
    zeros = [(0.0,) * len(sentence.answers) for sentence in dataset.sentences]
    rng = np.random.default_rng(0)  # nothing is drawn, because every answer is given
    laws = [reference(s.tokens, dataset.spec, rng, ys)[1] for s, ys in zip(dataset.sentences, zeros, strict=True)]
    return score_answers(dataset, ModelInfo("constant 0", "no memory", 0.0, "bits"), zeros, laws)


def _loss_point(
    dataset: Dataset,
    plain: Sequence[CompiledSentence],
    profile: Profile,
    scale: float,
    config: RunConfig,
    advance: Advance,
) -> LossPoint:
    def scored(name: str, aware: bool) -> tuple[NoisyAnswers, tuple[ScoreRow, ...]]:
        repeats, compiled = config.task.lossy_repeats, None if aware else plain
        run = noisy_answers(dataset, profile, scale, config.seed + 1, repeats, advance, aware, compiled)
        info = ModelInfo(f"{name} ({profile.name})", "k-HRNN", dataset.spec.modes, "modes")
        return run, score_answers(run.dataset, info, run.answers, run.laws)

    run, rows = scored("compiled, lossless" if scale == 0.0 else f"compiled, loss x {scale:g}", False)
    aware_rows = scored(f"loss-aware, loss x {scale:g}", True)[1] if scale > 0.0 else ()
    lost = loss_per_mode(machine_of(profile).noisy(plain[0].circuit, profile, None, scale).circuit)
    return LossPoint(scale, lost, rows, aware_rows, run)
