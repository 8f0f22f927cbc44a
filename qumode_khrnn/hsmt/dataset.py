"""Read and write datasets (JSON lines after a header with version, seed and parameters) and answer files.

A dataset file has a header ``{"format": "qumode-khrnn/hsmt", "version": 2, "spec": {..}}`` and one line per sentence.
An answers file is JSON: ``{"format": "qumode-khrnn/answers", "version": 1, "model": name, "sentences": [[y, ..],
..]}``, with an optional ``"laws"`` of the same shape for models that predict a law for each answer given the dataset's
earlier ones.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.errors import InputError
from compiler.files import parse_json, read_json, read_text, require_format, write_text
from qumode_khrnn.hsmt.language import Sentence, answer, sentence_from_json
from qumode_khrnn.hsmt.spec import HsmtSpec, spec_from_json
from simulations.laws.types import AnyLaw, law_from_json

DATASET_FORMAT = "qumode-khrnn/hsmt"
ANSWERS_FORMAT = "qumode-khrnn/answers"
DATASET_VERSION = 2
ANSWERS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Dataset:
    """Sentences and the specification that made them."""

    spec: HsmtSpec
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """A model's answers to a dataset's sentences, and its predicted laws if it has any."""

    model: str
    sentences: tuple[tuple[float, ...], ...]
    laws: tuple[tuple[AnyLaw, ...], ...] | None = None


def write_dataset(path: Path, dataset: Dataset) -> None:
    """Write a dataset file, whole or not at all."""
    lines = [dataset_header(dataset.spec), *(sentence_line(sentence) for sentence in dataset.sentences)]
    write_text(path, "".join(line + "\n" for line in lines))


def dataset_header(spec: HsmtSpec) -> str:
    """Return the first line of a dataset file."""
    return json.dumps({"format": DATASET_FORMAT, "version": DATASET_VERSION, "spec": spec.to_json()}, allow_nan=False)


def sentence_line(sentence: Sentence) -> str:
    """Return the line of a sentence."""
    return json.dumps(sentence.to_json(), allow_nan=False)


def read_dataset(path: Path) -> Dataset:
    """Read a dataset file.

    Raises
    ------
    InputError
        If the file is missing, truncated, broken or of another version; the message names the line.
    """
    lines = read_text(path).splitlines()
    first = parse_json(lines[0], f"{path}: line 1") if lines else None
    header = require_format(first, DATASET_FORMAT, DATASET_VERSION, f"{path}: line 1")
    spec = spec_from_json(header.get("spec"), f"{path}: line 1")
    if len(lines) - 1 != spec.sentences:
        raise InputError(
            f"{path}: must have {spec.sentences} sentences after its header, found {len(lines) - 1}; generate it again"
        )
    sentences = []
    for at, line in enumerate(lines[1:], start=2):
        where = f"{path}: line {at}"
        sentences.append(sentence_from_json(parse_json(line, where), spec.modes, spec.k, where, spec.letters))
    return Dataset(spec, tuple(sentences))


def answers_to_json(answers: Answers) -> dict[str, Any]:
    """Return the JSON object of an answers file."""
    out: dict[str, Any] = {
        "format": ANSWERS_FORMAT,
        "version": ANSWERS_VERSION,
        "model": answers.model,
        "sentences": [list(s) for s in answers.sentences],
    }
    if answers.laws is not None:
        out["laws"] = [[law.to_json() for law in laws] for laws in answers.laws]
    return out


def answers_text(answers: Answers) -> str:
    """Return the text of an answers file."""
    return json.dumps(answers_to_json(answers), allow_nan=False) + "\n"


def read_answers(path: Path, dataset: Dataset) -> Answers:
    """Read an answers file and check that it fits the dataset.

    Raises
    ------
    InputError
        If the file is broken, of another version, or does not have the dataset's numbers of sentences and answers.
    """
    data = require_format(read_json(path), ANSWERS_FORMAT, ANSWERS_VERSION, str(path))
    values = _nested(data.get("sentences"), dataset, f"{path}: sentences")
    letters = dataset.spec.letters
    sentences = tuple(
        tuple(answer(v, f"{path}: sentence {i}: an answer", letters) for v in s) for i, s in enumerate(values)
    )
    laws = None
    if "laws" in data:
        nested = _nested(data["laws"], dataset, f"{path}: laws")
        laws = tuple(
            tuple(law_from_json(v, letters.outcomes, f"{path}: laws: sentence {i}") for v in s)
            for i, s in enumerate(nested)
        )
    return Answers(str(data.get("model", path.stem)), sentences, laws)


def _nested(data: Any, dataset: Dataset, where: str) -> Sequence[Sequence[Any]]:
    if not isinstance(data, list) or len(data) != len(dataset.sentences):
        raise InputError(f"{where}: must be a list of {len(dataset.sentences)} sentences")
    for index, (item, sentence) in enumerate(zip(data, dataset.sentences, strict=True)):
        if not isinstance(item, list) or len(item) != len(sentence.answers):
            raise InputError(f"{where}: sentence {index} must have {len(sentence.answers)} answers")
    return data
