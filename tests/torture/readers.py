"""Damaged files of every kind that is read: each is read or refused in one line, in bounded time and memory.

A damaged compiled folder may also be found wrong; it is a fault if it passes `check_artifact` though a file says
something else than before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter

import cv_openqasm_texts
import hypergraph_files
import numpy as np
from damaged_files import SECONDS, at_most, damage, damage_json
from damaged_programs import PROGRAMS, READERS, damage_words
from places import EXAMPLES, ROOT

from compiler.artifact import check_artifact, write_artifact
from compiler.errors import InputError
from compiler.exports.table import ExportInput, export, require_formats
from compiler.files import read_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.machines import IonSettings
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn import Hyperedge, Hypergraph, state_circuit
from qumode_khrnn.comparison.config import CompareConfig
from qumode_khrnn.hsmt.dataset import Answers, Dataset, answers_text, read_answers, read_dataset, write_dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.network.source import read_source
from qumode_khrnn.settings import read_config
from qumode_khrnn.studies.config import RunConfig
from qumode_khrnn.studies.sweep import SweepConfig
from qumode_khrnn.studies.training import read_settings
from tests.torture.tally import Clock, Say, Tally

MOST_MEGABYTES = 2_000
"""What reading damaged files may add to the memory of the process."""

Sample = Mapping[str, bytes]
"""Contents of files by name; the first one is read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: whole samples, what reads them, and what its words are harmed by."""

    name: str
    samples: list[Sample]
    read: Callable[[Path], object]
    by_words: bool = False
    folder: bool = False


TOML = {
    "run": b'seed = 3\nprofile = "photonic-cubic"\nloss_scales = [0.0, 1.0]\n\n[task]\nmodes = 5\nsentences = 20\n',
    "compare": b'seed = 1\n\n[examination]\nmodels = ["coin", "pair"]\nsizes = [[4, 2], [5, 3]]\nprobes = 60\n',
    "train": b'model = "gru"\nlatent = 8\nsteps = 10\ndataset = "data.jsonl"\n',
}
"""Configurations that are read."""


def kinds(folder: Path) -> list[Kind]:
    """Every kind of file, with samples that are made in a folder where they have to be made."""
    sweep = (EXAMPLES / "sweep.toml").read_bytes()
    profiles = [{path.name: path.read_bytes()} for path in sorted((ROOT / "hardware_profiles" / "data").glob("*.toml"))]
    sources = [
        {name: (EXAMPLES / name).read_bytes()} for name in ("triangle.json", "cell.json", "karate_triangles.json")
    ]
    return [
        *(Kind(name, list(samples), hypergraph_files.read) for name, samples in hypergraph_files.SAMPLES.items()),
        *(Kind(f".{ending}", _programs(ending), _program(ending), by_words=True) for ending in READERS),
        Kind("CV-OpenQASM", list(cv_openqasm_texts.samples()), cv_openqasm_texts.read),
        Kind("examples", sources, lambda path: read_source(path, 1.0)),
        Kind("profiles", profiles, load_profile),
        Kind("run TOML", [{"run.toml": TOML["run"]}], lambda path: read_config(RunConfig, path)),
        Kind("compare TOML", [{"compare.toml": TOML["compare"]}], lambda path: read_config(CompareConfig, path)),
        Kind("sweep TOML", [{"sweep.toml": sweep}], lambda path: read_config(SweepConfig, path)),
        Kind("train TOML", [{"train.toml": TOML["train"]}], read_settings),
        Kind("datasets and answers", [_dataset(folder)], _read_answers),
        Kind("compiled folders", _folders(folder), check_artifact, folder=True),
    ]


def _programs(ending: str) -> list[Sample]:
    return [{path.name: path.read_bytes()} for path in sorted(PROGRAMS.glob(f"*.{ending}"))]


def _program(ending: str) -> Callable[[Path], object]:
    return lambda path: READERS[ending](read_text(path), str(path))


def _dataset(folder: Path) -> Sample:
    spec = HsmtSpec(4, 2, 3, probes=2)
    dataset = Dataset(spec, tuple(generate(spec, reference)))
    write_dataset(folder / "data.jsonl", dataset)
    given = Answers("a model", tuple(s.answers for s in dataset.sentences), tuple(s.laws for s in dataset.sentences))
    return {"data.jsonl": (folder / "data.jsonl").read_bytes(), "answers.json": answers_text(given).encode()}


def _read_answers(path: Path) -> object:
    return read_answers(path.with_name("answers.json"), read_dataset(path))


def _folders(folder: Path) -> list[Sample]:
    """Compiled programs of every kind of machine, with the exports that it has."""
    line = folder / "line.toml"
    line.write_text('name = "line"\nextends = "ideal-cubic"\n[topology]\nkind = "line"\n')
    edge, pair = (
        state_circuit(Hypergraph(3, (Hyperedge(tuple(range(k)), 0.3),)), r) for k, r in ((3, 1.0), (2, 0.5756))
    )
    level = float(load_profile("xanadu-borealis").operations["PrepareSqueezed"].ranges["r"].levels[1].value)
    programs = {
        "photonic-teleported": edge,
        "ideal-cubic": edge,
        "mqc3-quadrail": pair,
        "trapped-ion-motional": state_circuit(Hypergraph(3, (Hyperedge((0, 1, 2), 0.3),)), 0.5),
        "xanadu-x8": Circuit(8, tuple(_on_both_halves())),
        "xanadu-borealis": Circuit(
            3, (*(ops.PrepareSqueezed((m,), level) for m in range(3)), ops.BeamSplitter((0, 1), 0.4, 0.0))
        ),
        str(line): Circuit(4, (ops.ControlledZ((0, 3), 0.3), ops.CubicPhase((0,), 0.2))),
    }
    out = []
    for name, source in programs.items():
        profile = load_profile(name)
        settings = IonSettings(kappa=1.0) if profile.spins is not None else None
        program = compile_circuit(source, profile, settings=settings)
        layout = None if program.layout is None else program.layout.text
        files = export(ExportInput(program.source, program.circuit, profile, layout), require_formats(["all"]))
        texts = {file.file: file.text for file in files if file.text is not None}
        paths = write_artifact(folder / profile.name, program, texts)
        out.append({path.name: path.read_bytes() for path in paths})
    return out


def _on_both_halves() -> Iterator[ops.Operation]:
    yield from (ops.Squeeze((0,), 1.0), ops.Squeeze((4,), -1.0), ops.BeamSplitter((0, 4), np.pi / 4))
    yield from (ops.BeamSplitter((0, 1), 0.3, 0.0), ops.BeamSplitter((4, 5), 0.3, 0.0))


def attack(clock: Clock, seed: int, say: Say) -> list[Tally]:
    """Damage files of every kind in turn until the time is over."""
    with TemporaryDirectory() as made, TemporaryDirectory() as place:
        every = kinds(Path(made))
        tallies = [Tally(f"damaged files: {kind.name}") for kind in every]
        longest = [0.0] * len(every)
        before = getrusage(RUSAGE_SELF).ru_maxrss
        trial = 0
        while clock.going() or trial < len(every):
            at = trial % len(every)
            rng = np.random.default_rng([seed, trial])
            longest[at] = max(
                longest[at], _one(tallies[at], every[at], rng, Path(place), f"trial {trial} of seed {seed}")
            )
            trial += 1
            if trial % 1000 == 0:
                say(f"{trial} damaged files, {clock.left():.0f} s left")
        grown = (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024
        for tally, seconds in zip(tallies, longest, strict=True):
            tally.note = f"longest {seconds:.2g} s"
        if grown > MOST_MEGABYTES:
            tallies[0].fault(f"the memory of the process grew by {grown:.0f} MB")
        tallies[-1].note += f"; memory grew by {grown:.0f} MB in all"
        return tallies


def _one(tally: Tally, kind: Kind, rng: np.random.Generator, place: Path, where: str) -> float:
    sample = kind.samples[int(rng.integers(len(kind.samples)))]
    target = list(sample)[int(rng.integers(len(sample)))]
    content = sample[target]
    harmed = _harmed(kind, target, content, rng)
    for path in place.iterdir():
        path.unlink()
    for name, data in sample.items():
        (place / name).write_bytes(harmed if name == target else data)
    tally.tried += 1
    start = perf_counter()
    try:
        with at_most(SECONDS):
            found = kind.read(place if kind.folder else place / next(iter(sample)))
    except InputError as error:
        if str(error).isprintable():
            tally.refused += 1
        else:
            tally.fault(f"{where}: a message of several lines: {error!r}")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        tally.fault(f"{where}: {target}: {type(error).__name__}: {error}")
    else:
        if kind.folder and not found.problems and _says_other(target, content, harmed):  # type: ignore[attr-defined]
            tally.fault(f"{where}: {target} was changed, and the folder passes")
        else:
            tally.right += 1
    return perf_counter() - start


def _harmed(kind: Kind, name: str, content: bytes, rng: np.random.Generator) -> bytes:
    if kind.by_words and rng.random() < 0.5:
        return damage_words(content.decode(), rng).encode("utf-8", errors="replace")
    return damage_json(content, rng) if name.endswith(".json") and rng.random() < 0.5 else damage(content, rng)


def _says_other(name: str, before: bytes, after: bytes) -> bool:
    """Whether a changed file says something else; spaces in JSON, line ends and a byte order mark do not matter."""
    if name.endswith(".json"):
        try:
            return bool(json.loads(before) != json.loads(after.decode("utf-8-sig")))
        except ValueError:
            return True
    return before.split() != after.removeprefix(b"\xef\xbb\xbf").split()
