"""Run the parts of the comparison that need no training: each is a job, a pure function of settings and seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from qumode_khrnn.answers.scoring import flat_score
from qumode_khrnn.hsmt.alphabet import REAL
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.language import ProbeKind, ReadToken, sentence_circuit
from qumode_khrnn.hsmt.models import memory_of
from qumode_khrnn.hsmt.score import ModelInfo, ScoreRow, mean_interval, score_answers, score_laws, window
from qumode_khrnn.hsmt.spec import HsmtSpec, possible_kinds
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.separation.cells import examine
from simulations.laws.discrete import DiscreteLaw
from simulations.laws.triad import TriadLaw
from simulations.laws.types import AnyLaw

Rows = list[dict[str, Any]]

FORWARD_STATES = 2**13
"""Largest number of phase-space points for the forward algorithm: more take over a second per sentence."""


def dataset(
    alphabet: str, modes: int, k: int, sentences: int, seed: int, *, contextual: bool, **changes: Any
) -> Dataset:
    """Return the sentences of one probe; every model of a size is asked the same ones.

    Parameters
    ----------
    contextual : bool
        Whether contextual probes are included, where they exist. Triple probes are never included: they follow a
        model's own answers, so they are asked in examinations (`examination`).
    changes
        Other fields of the specification.
    """
    left_out = {ProbeKind.TRIPLE} | (set() if contextual else {ProbeKind.CONTEXTUAL})
    kinds = [kind for kind in possible_kinds(alphabet, k, modes) if kind not in left_out]
    shift = 0.5 if alphabet == REAL else 0.0
    spec = HsmtSpec(
        modes,
        k,
        sentences,
        probes=1,
        shift=shift,
        mixture={kind.value: 1.0 for kind in kinds},
        seed=seed,
        alphabet=alphabet,
        **changes,
    )
    return Dataset(spec, tuple(generate(spec, reference)))


def ideal(settings: Mapping[str, Any], seed: int) -> Rows:
    """Score the ideal network, answering by sampling; its excess NLL is 0, because it gives the exact laws."""
    data = dataset(settings["alphabet"], settings["n"], settings["k"], settings["sentences"], seed, contextual=True)
    rng = np.random.default_rng([seed, 1])
    found = [reference(s.tokens, data.spec, rng, None) for s in data.sentences]
    info = _info("ideal k-HRNN", "k-HRNN", data.spec, "ideal")
    rows = score_answers(data, info, [ys for ys, _ in found], [laws for _, laws in found])
    return frontier_rows(replace(row, excess_nll=0.0) for row in rows)


def sampler(settings: Mapping[str, Any], seed: int) -> Rows:
    """Score the phase-space sampler: violations of its own answers, and excess NLL by the forward algorithm."""
    from qumode_khrnn.rivals.phase_space import phase_space_answers, phase_space_laws

    data = dataset(settings["alphabet"], settings["n"], settings["k"], settings["sentences"], seed, contextual=True)
    spec = data.spec
    rng = np.random.default_rng([seed, 2])
    answers = [phase_space_answers(s.tokens, spec, rng) for s in data.sentences]
    laws = [reference(s.tokens, spec, rng, own)[1] for s, own in zip(data.sentences, answers, strict=True)]
    info = _info("phase-space sampler", "phase-space sampler", spec, "phase-space-sampler")
    rows = score_answers(data, info, answers, laws)
    predicted: list[tuple[AnyLaw, ...]]
    if spec.levels is None:
        # one probe per sentence: only the third contextual answer has another law (simulations.laws.triad)
        predicted = [tuple(_phase_space(law) for law in s.laws) for s in data.sentences]
    elif spec.levels ** (2 * spec.modes) <= FORWARD_STATES:
        predicted = [phase_space_laws(s.tokens, s.answers, spec.modes, spec.levels) for s in data.sentences]
    else:
        return frontier_rows(rows)
    exact = {row.probe: row for row in score_laws(data, info, predicted)}
    return frontier_rows(
        replace(
            row,
            excess_nll=exact[row.probe].excess_nll,
            impossible=exact[row.probe].impossible,
            ci95={**row.ci95, "excess_nll": exact[row.probe].ci95["excess_nll"]},
        )
        for row in rows
    )


def _phase_space(law: AnyLaw) -> AnyLaw:
    return replace(law, quantum=False) if isinstance(law, TriadLaw) else law


def examination(settings: Mapping[str, Any], seed: int) -> Rows:
    """Cross-examine a model, and return one row for each kind of probe."""
    rows = []
    for kind in settings["kinds"]:
        rows += examine({**{name: settings[name] for name in ("model", "modes", "k", "probes")}, "kind": kind}, seed)
    return [{"study": "examination", **row} for row in rows]


def tracker(settings: Mapping[str, Any], seed: int) -> Rows:
    """Score the budgeted tracker at one number of stored weights, or at several: all answer the same sentences."""
    from qumode_khrnn.rivals.tracker import tracker_laws

    data = dataset("modular(2)", settings["n"], settings["k"], settings["sentences"], seed, contextual=False)
    rows: Rows = []
    for budget in settings.get("budgets", [settings.get("budget")]):
        info = _info(f"tracker, {budget} weights", "budgeted tracker", data.spec, "tracker", budget)
        laws = [tracker_laws(sentence, data.spec, budget) for sentence in data.sentences]
        rows += frontier_rows(score_laws(data, info, laws))
    return rows


def qubits(settings: Mapping[str, Any], seed: int) -> Rows:
    """Score the modular network on Qiskit Aer, with one shot per sentence and depolarising noise."""
    from qumode_khrnn.qubits import DepolarisingNoise, sample_modular

    data = dataset("modular(2)", settings["n"], settings["k"], settings["sentences"], seed, contextual=True)
    p2 = settings["noise"]
    noise = DepolarisingNoise(p2 / 10.0, p2) if p2 > 0.0 else None
    rng = np.random.default_rng(0)  # nothing is drawn, because every answer is given
    answers, laws = [], []
    for index, sentence in enumerate(data.sentences):
        shot = sample_modular(sentence.tokens, data.spec.modes, 1, seed % 2**31 + index, noise)
        reads = [f"y{t}" for t, token in enumerate(sentence.tokens) if isinstance(token, ReadToken)]
        answers.append(tuple(float(shot[name][0]) for name in reads))
        laws.append(reference(sentence.tokens, data.spec, rng, answers[-1])[1])
    name = f"qubits (Aer), CNOT error {p2:g}"
    return frontier_rows(score_answers(data, _info(name, "qubits", data.spec, "qubits"), answers, laws), noise=p2)


def registers(settings: Mapping[str, Any], seed: int) -> Rows:
    """Return exact laws of matched and decoy answers of three qumodes with one 3-edge in registers of m qubits."""
    from qumode_khrnn.qubits import register_law

    r, m = settings["squeezing"], settings["m"]
    spec = HsmtSpec(
        3,
        3,
        settings["sentences"],
        probes=1,
        squeezing_latent=r,
        squeezing_ancilla=r,
        mixture={"matched": 1.0, "decoy": 1.0},
        seed=seed,
    )
    data = Dataset(spec, tuple(generate(spec, reference)))
    memory = memory_of("qubit-registers", REAL, 3, m)
    found: dict[str, list[tuple[float, float, float]]] = {}
    for sentence in data.sentences:
        law = register_law(sentence_circuit(sentence.tokens, spec.network), m)
        (exact,) = sentence.laws
        assert not isinstance(exact, DiscreteLaw)
        low, high = window(exact, 5.0)
        wrong = float(law.probabilities[(law.values < low) | (law.values > high)].sum())
        error = float(((law.values - exact.mean) ** 2 @ law.probabilities) / exact.variance)
        found.setdefault(sentence.kinds[0].value, []).append((wrong, error, law.divergence(exact)))
    rows = []
    for kind, values in found.items():
        table = np.array(values)
        groups = np.arange(float(len(table)))
        fixed = kind == ProbeKind.MATCHED.value
        rows.append(
            ScoreRow(
                model=f"position registers, {m} qubits per mode",
                family="qubit registers",
                alphabet=REAL,
                n=3,
                k=3,
                memory=memory.amount,
                memory_unit=memory.unit,
                probe=kind,
                violation_rate=float(table[:, 0].mean()) if fixed else None,
                excess_nll=float(table[:, 2].mean()),
                ci95={
                    "violation_rate": mean_interval(table[:, 0], groups) if fixed else None,
                    "excess_nll": mean_interval(table[:, 2], groups),
                    "squared_error": mean_interval(table[:, 1], groups) if fixed else None,
                },
                answers=len(table),
                squared_error=float(table[:, 1].mean()) if fixed else None,
            )
        )
    return frontier_rows(rows, bits=memory.bits)


def resources(settings: Mapping[str, Any], seed: int) -> Rows:
    """Return the costs of one cell on light, on ions and on qubits; nothing is drawn."""
    from qumode_khrnn.qubits import platform_resources

    found = platform_resources(settings["m"])
    return [{"study": "resources", **row} for row in found.rows()]


def convergence(settings: Mapping[str, Any], seed: int) -> Rows:
    """Compare position registers with the exact variance of one cell, by number of qubits; nothing is drawn."""
    from qumode_khrnn.qubits import convergence_table

    return [{"study": "convergence", **asdict(row)} for row in convergence_table(settings["m"])]


def _info(name: str, family: str, spec: HsmtSpec, memory: str, amount: int = 0) -> ModelInfo:
    carried = memory_of(memory, spec.alphabet, spec.modes, amount, k=spec.k)
    return ModelInfo(name, family, carried.amount, carried.unit)


def frontier_rows(rows: Iterable[ScoreRow], **more: Any) -> Rows:
    """Return the scores as rows of the frontier, with the given columns added to each."""
    return [{"study": "frontier", **flat_score(row), **more} for row in rows]
