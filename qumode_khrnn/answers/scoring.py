"""Score answer files against a dataset, with the exact reference for answers that a model gave by sampling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from qumode_khrnn.hsmt.dataset import Dataset, read_answers, read_dataset
from qumode_khrnn.hsmt.score import ModelInfo, ScoreRow, calibration, score_answers, score_laws
from qumode_khrnn.hsmt.witness_score import Witness, witness_of_answers, witness_of_laws
from qumode_khrnn.ideal.reference import reference


def score_files(dataset_file: Path, answers_file: Path | None, multiple: float) -> dict[str, Any]:
    """Return rows of scores, the p-value of the answers under the exact laws and, over ``displacement``, the witness S.

    Parameters
    ----------
    dataset_file : Path
    answers_file : Path, optional
        Sampled answers, or predicted laws; the dataset's own answers if None.
    multiple : float
        Window of the violation rate, in standard deviations.

    Raises
    ------
    InputError
        If a file or the window is wrong.
    """
    dataset = read_dataset(dataset_file)
    spec = dataset.spec
    if answers_file is None:
        info = ModelInfo("ideal k-HRNN", "k-HRNN", spec.modes, "modes")
        values = [s.answers for s in dataset.sentences]
        exact = [s.laws for s in dataset.sentences]
        rows = score_answers(dataset, info, values, exact, multiple)
        found_s = witness_of_answers(dataset, values, exact)
        return {
            "rows": [row.to_json() for row in rows],
            "calibration_p": calibration(values, exact),
            **_witness(dataset, found_s),
        }
    found = read_answers(answers_file, dataset)
    info = ModelInfo(found.model, "file", float("nan"), "unknown")
    if found.laws is not None:
        rows = score_laws(dataset, info, found.laws, multiple)
        p = calibration([s.answers for s in dataset.sentences], found.laws)
        found_s = witness_of_laws(dataset, found.laws)
    else:
        rng = np.random.default_rng(0)  # nothing is drawn, because every answer is given
        exact = [
            reference(s.tokens, spec, rng, ys)[1] for s, ys in zip(dataset.sentences, found.sentences, strict=True)
        ]
        rows = score_answers(dataset, info, found.sentences, exact, multiple)
        p = calibration(found.sentences, exact)
        found_s = witness_of_answers(dataset, found.sentences, exact)
    rows_json = [{**row.to_json(), "memory": None} for row in rows]
    return {"rows": rows_json, "calibration_p": p, **_witness(dataset, found_s)}


def _witness(dataset: Dataset, found: Witness | None) -> dict[str, Any]:
    """Return S as plain data: null if a context was not asked, absent if no displacements are read."""
    if not dataset.spec.letters.reads_displacements:
        return {}
    return {"witness": None if found is None else found.to_json()}


def flat_score(row: ScoreRow) -> dict[str, Any]:
    """Return a score as one flat row: each interval as two columns, ``NAME_low`` and ``NAME_high``."""
    data = row.to_json()
    for name, interval in data.pop("ci95").items():
        data[f"{name}_low"], data[f"{name}_high"] = interval if interval is not None else (None, None)
    return data
