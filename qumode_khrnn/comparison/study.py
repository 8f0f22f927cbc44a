"""Run the comparison as a list of jobs, and hold its result: rows, checks, and the data of the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from types import MappingProxyType
from typing import Any

from compiler.files import read_json, require_format
from compiler.typing import Advance
from hardware_profiles.display import Drawable
from hardware_profiles.extras import absence, is_installed
from qumode_khrnn.comparison.config import CompareConfig
from qumode_khrnn.comparison.memory import exact_models, memory_rows, trackers
from qumode_khrnn.hsmt.alphabet import levels_of
from qumode_khrnn.hsmt.bounds import least_excess_nll, least_violation
from qumode_khrnn.hsmt.spec import DENSE_LEVELS, possible_kinds
from qumode_khrnn.jobs import Job, run_jobs
from qumode_khrnn.jobs.job import Row
from qumode_khrnn.settings import validated

TASKS: Mapping[str, str] = MappingProxyType(
    {
        **{
            name: f"qumode_khrnn.comparison.tasks:{name}"
            for name in (
                "ideal",
                "sampler",
                "tracker",
                "examination",
                "qubits",
                "registers",
                "resources",
                "convergence",
            )
        },
        "compiled": "qumode_khrnn.comparison.compiled:compiled",
        "no_memory": "qumode_khrnn.comparison.no_memory:no_memory",
        **{name: f"qumode_khrnn.comparison.trained:{name}" for name in ("network", "learning", "gradients")},
    }
)
"""Tasks by name."""

NEEDED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("qubits", "registers", "resources", "convergence"), ("qiskit", "qiskit_aer")),
        **dict.fromkeys(("network", "learning", "gradients"), ("torch",)),
    }
)
"""Optional packages that tasks need; where one is not installed, its tasks are left out."""

NETWORKS: Mapping[str, str] = MappingProxyType(
    {"gru": "GRU", "lstm": "LSTM", "ssm": "linear state space", "transformer": "Transformer"}
)
"""Families of trained networks, and their names."""


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Drawable):
    """The result of the comparison.

    Attributes
    ----------
    config : CompareConfig
    rows : tuple of Row
        All rows; ``study`` tells which part of the comparison a row is of.
    ran, reused : int
        Number of jobs that ran now, and of jobs that were finished before; 0 and 0 if the rows were read from a file.
    warnings : tuple of str
        Files of jobs that could not be used.
    absent : tuple of str
        A line for every optional package whose parts of the comparison were left out.
    """

    config: CompareConfig
    rows: tuple[Row, ...]
    ran: int
    reused: int
    warnings: tuple[str, ...]
    absent: tuple[str, ...] = ()

    def of(self, study: str, **fields: Any) -> tuple[dict[str, Any], ...]:
        """Return the rows of a part of the comparison with the given values."""
        return tuple(
            dict(row)
            for row in self.rows
            if row["study"] == study and all(row.get(name) == value for name, value in fields.items())
        )

    def __repr__(self) -> str:
        jobs = f", {self.ran} jobs run, {self.reused} finished before" if self.ran or self.reused else ""
        return f"<Comparison: {len(self.rows)} rows{jobs}>"

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """The (n, k) of the frontier figure: those of the tracker."""
        return tuple((n, k) for n, k in self.config.tracker.sizes)

    def probe_rows(self) -> tuple[dict[str, Any], ...]:
        """Return scores by probe over ``modular(2)``, at the first size of the qubit versions.

        Networks appear by their best training with the largest memory, trackers with half of the weights and with all.
        """
        n, k = self.config.qubits.sizes[0]
        where = {"alphabet": "modular(2)", "n": n, "k": k}
        rows = [
            row
            for family in ("no memory", "k-HRNN", "phase-space sampler", "qubits")
            for row in self.of("frontier", family=family, **where)
        ]
        trackers = self.of("frontier", family="budgeted tracker", **where)
        amounts = sorted({row["memory"] for row in trackers})
        rows += [row for row in trackers if row["memory"] in (*amounts[len(amounts) // 2 :][:1], *amounts[-1:])]
        for family in NETWORKS:
            trained = self.of("frontier", family=family, **where)
            largest = [row for row in trained if row["memory"] == max(r["memory"] for r in trained)]
            if largest:
                best = min((r for r in largest if r["probe"] == "all"), key=lambda r: float(r["excess_nll"]))
                rows += [row for row in largest if row["seed_of_training"] == best["seed_of_training"]]
        return tuple(rows)

    def triple_rates(self) -> dict[tuple[str, int, int], dict[str, Any]]:
        """Return the rows of triple probes by model, n and k."""
        return {(row["model"], row["modes"], row["k"]): row for row in self.of("examination", kind="triple")}

    def failed_checks(self) -> tuple[str, ...]:
        """Return the checks that must hold in every run, whatever the settings, and fail."""
        out = []
        for row in self.of("examination"):
            name = f"{row['model']} examined by {row['kind']} probes, n = {row['modes']}, k = {row['k']}"
            if row["model"] in exact_models(row["modes"], row["k"]) and row["violations"]:
                out.append(f"{name}: gave an impossible answer")
            if row["model"] == "ideal" and row["caught_by"]:
                out.append(f"{name}: the ideal network is caught by {row['caught_by']}")
        for row in self.of("frontier"):
            name = f"{row['model']} on {row['probe']} probes, {row['alphabet']}, n = {row['n']}, k = {row['k']}"
            if row["family"] == "k-HRNN" and row["violation_rate"]:
                out.append(f"{name}: the ideal network's violation rate must be 0, found {row['violation_rate']:.6g}")
            even = (levels_of(row["alphabet"]) or 1) % 2 == 0
            if row["family"] == "phase-space sampler" and row["violation_rate"] is not None:
                wrong = 1.0 if row["probe"] == "contextual" and even else 0.0
                if row["probe"] != "all" and row["violation_rate"] != wrong:
                    found = row["violation_rate"]
                    out.append(f"{name}: the sampler's violation rate must be {wrong:.6g}, found {found:.6g}")
            if row["family"] == "budgeted tracker" and row["probe"] == "neighbour":
                full = row["memory"] == comb(row["n"], row["k"])
                if full != (row["excess_nll"] < 1e-9):
                    out.append(f"{name}: only the full tracker may be exact, found excess NLL {row['excess_nll']:.6g}")
        return (*out, *self._below_bounds())

    def _below_bounds(self) -> Iterator[str]:
        """Yield models with deterministic memories that lie below the bound by more than four standard errors."""
        for row in (*self.of("frontier", probe="neighbour"), *self.of("rounded", probe="neighbour")):
            chooses = row["family"] in ("k-HRNN", "phase-space sampler", "qubits") or row["model"] == "constant 0"
            if row["alphabet"] != "modular(2)" or chooses:  # the bound excludes models that choose the positions
                continue
            bits = row["memory"] if row["family"] == "budgeted tracker" else row["bits"]
            for name, bound in (
                ("excess_nll", least_excess_nll(row["n"], row["k"], bits)),
                ("violation_rate", least_violation(row["n"], row["k"], bits)),
            ):
                if row[name] is None or row[f"{name}_high"] is None:
                    continue
                error = (row[f"{name}_high"] - row[name]) / 1.96
                if row[name] < bound - 4.0 * error:
                    at = f"{row['model']}, n = {row['n']}, k = {row['k']}"
                    yield f"{at}: {name} {row[name]:.6g} lies below the bound {bound:.6g}"

    def to_json(self) -> dict[str, Any]:
        """Return plain data: ``rows`` of the frontier as in every report, the other parts under their names."""
        rest = sorted({str(row["study"]) for row in self.rows} - {"frontier"})
        return {
            "format": FORMAT,
            "version": VERSION,
            "config": self.config.model_dump(mode="json"),
            "rows": [_nested(row) for row in self.of("frontier")],
            "memory": memory_rows(),
            "absent": list(self.absent),
            **{name.replace(" ", "_"): [_nested(row) for row in self.of(name)] for name in rest},
        }


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row without its missing values, and with its intervals under ``ci95``."""
    out = {name: value for name, value in row.items() if name != "study" and not name.endswith(("_low", "_high"))}
    ci95 = {}
    for name in row:
        if name.endswith("_low"):
            low, high = row[name], row[name[:-4] + "_high"]
            ci95[name[:-4]] = None if low is None else [low, high]
    return {**out, "ci95": ci95} if ci95 else out


FORMAT, VERSION = "qumode-khrnn/comparison", 1


def read_comparison(path: Path) -> Comparison:
    """Read the ``report.json`` of a comparison.

    Raises
    ------
    InputError
        If the file is missing or of another format, or does not hold the settings of a comparison.
    """
    data = require_format(read_json(path), FORMAT, VERSION, str(path))
    config = validated(CompareConfig, data.get("config", {}), str(path))
    known = {"origin", "failed", "format", "version", "config", "memory", "absent"}
    listed = [("frontier" if name == "rows" else name, rows) for name, rows in data.items() if name not in known]
    rows = tuple({"study": name.replace("_", " "), **_unnested(row)} for name, rows in listed for row in rows)
    return Comparison(config, rows, 0, 0, (), tuple(data.get("absent", ())))


def _unnested(row: Mapping[str, Any]) -> dict[str, Any]:
    """Undo `_nested`: return the row that a job gave."""
    out = {name: value for name, value in row.items() if name != "ci95"}
    for name, pair in row.get("ci95", {}).items():
        out[f"{name}_low"], out[f"{name}_high"] = (None, None) if pair is None else pair
    return out


def run_comparison(
    config: CompareConfig,
    folder: Path,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: Advance | None = None,
) -> Comparison:
    """Run the jobs that are not finished yet; parameters and errors as in `qumode_khrnn.jobs.run_jobs`."""
    done = run_jobs(jobs_of(config), folder, TASKS, scheduler=scheduler, workers=workers, progress=progress)
    return Comparison(config, done.rows, done.ran, done.reused, done.warnings, absent_parts(config))


def jobs_of(config: CompareConfig) -> tuple[Job, ...]:
    """Return the jobs that the installed packages can run, longest first.

    All have the comparison's seed, so that models of one size answer the same.
    """
    return tuple(
        Job(f"{task}-{name}", task, settings, config.seed)
        for task, name, settings in _parts(config)
        if is_installed(*_needed(task, settings))
    )


def absent_parts(config: CompareConfig) -> tuple[str, ...]:
    """Return a line for every optional package that is not installed and whose parts are therefore left out."""
    lines = (absence(*_needed(task, settings)) for task, _, settings in _parts(config))
    return tuple(dict.fromkeys(line for line in lines if line))


Part = tuple[str, str, dict[str, Any]]
"""Task, name, settings."""


def _needed(task: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the optional packages that a part needs."""
    on_qubits = task == "examination" and str(settings["model"]).startswith("qubits")
    return NEEDED["qubits"] if on_qubits else NEEDED.get(task, ())


def _parts(config: CompareConfig) -> Iterator[Part]:
    yield from (*_trained(config), *_on_qubits(config), *_constructive(config))


def _trained(config: CompareConfig) -> Iterator[Part]:
    for study in config.networks:
        n, k = study.size
        shared = study.model_dump(mode="json", exclude={"size", "families", "latents"})
        for latent in sorted(study.latents)[::-1]:
            for family in study.families:
                name = f"{study.alphabet[:5]}-n{n}-k{k}-{family}-{latent}"
                yield "network", name, {"n": n, "k": k, "family": family, "latent": latent, **shared}
    learning = config.learning
    if not learning.k:
        return
    for k in learning.k:
        for start in range(learning.seeds):
            settings = {"n": learning.modes, "k": k, "seed": start, "adam": learning.adam}
            yield "learning", f"n{learning.modes}-k{k}-{start}", settings
    modes = list(range(2, learning.largest + 1))
    yield "gradients", "all", {"modes": modes, "k": [2, 3], "samples": learning.samples}


def _on_qubits(config: CompareConfig) -> Iterator[Part]:
    yield "convergence", "all", {"m": list(config.qubits.resource_qubits)}
    yield "resources", "all", {"m": list(config.qubits.resource_qubits)}
    for m in config.qubits.register_qubits:
        sentences, r = config.qubits.register_sentences, config.qubits.register_squeezing
        yield "registers", f"m{m}", {"m": m, "sentences": sentences, "squeezing": r}
    for n, k in config.qubits.sizes:
        for noise in config.qubits.noise:
            settings = {"n": n, "k": k, "sentences": config.qubits.sentences, "noise": noise}
            yield "qubits", f"n{n}-k{k}-{noise:g}", settings


def _constructive(config: CompareConfig) -> Iterator[Part]:
    for study in config.compiled:
        n, k = study.size
        for scale in study.loss_scales:
            settings = study.model_dump(mode="json", exclude={"loss_scales"})
            name = f"{Path(study.profile).stem}-n{n}-k{k}-x{scale:g}"
            yield "compiled", name, {**settings, "loss_scale": scale}
    yield from _examinations(config)
    for n, k in config.tracker.sizes:
        listed = list(budgets(comb(n, k), config.tracker.points))
        yield "tracker", f"n{n}-k{k}", {"n": n, "k": k, "sentences": config.tracker.sentences, "budgets": listed}
    asked = [(alphabet, size) for alphabet in config.ideal.alphabets for size in config.ideal.sizes]
    asked += [("modular(2)", size) for size in config.tracker.sizes]  # every panel of the figures shows both
    asked += [(one.alphabet, one.size) for one in config.networks]
    for alphabet, (n, k) in dict.fromkeys(asked):
        levels = levels_of(alphabet)
        if (levels is None and k > 4) or (levels is not None and levels**n > DENSE_LEVELS):
            continue
        count = config.ideal.real_sentences if levels is None else config.ideal.sentences
        settings = {"alphabet": alphabet, "n": n, "k": k, "sentences": count}
        name = f"{alphabet.replace('(', '').replace(')', '')}-n{n}-k{k}"
        yield "ideal", name, settings
        yield "sampler", name, settings
        yield "no_memory", name, settings


def _examinations(config: CompareConfig) -> Iterator[Part]:
    asked = config.examination
    for n, k in sorted(asked.sizes, key=lambda size: -comb(*size)):
        kinds = (
            [kind.value for kind in possible_kinds("modular(2)", k, n)] if n <= asked.all_kinds_up_to else ["triple"]
        )
        for model in (*asked.models, *trackers(n, k, asked.tracker_shares)):
            if (n, k) in asked.sizes_of(model):
                settings = {"model": model, "modes": n, "k": k, "probes": asked.probes, "kinds": kinds}
                yield "examination", f"{model.replace(':', '-')}-n{n}-k{k}", settings


def budgets(edges: int, points: int) -> Sequence[int]:
    """Return the numbers of stored weights from 0 to all.

    >>> budgets(20, 6)
    [0, 4, 8, 12, 16, 20]
    """
    points = min(points, edges + 1)
    return sorted({round(i * edges / (points - 1)) for i in range(points)})
