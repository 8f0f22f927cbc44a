"""Commands that take long, made small: how each is called, and what it writes, but for times and dates."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from places import EXAMPLES

RUN = """
seed = 3
loss_scales = [0.0, 1.0]
cell_sizes = [4, 8]
state_sizes = [4, 5]
device_orders = [2]
[task]
sentences = 20
probes = 2
lossy_sentences = 6
lossy_repeats = 2
[cross_check]
shots = 1000
cutoffs = [4]
pure_cutoffs = [6]
[loss_study]
losses = [0.0, 0.1]
squeezings = [0.0, 1.0]
graphs = 1
[witness]
shots = 50
"""

SWEEP = """
task = "noise"
seed = 7
[base]
profile = "photonic-cubic"
sentences = 6
[grid]
modes = [3, 4]
k = [2, 3]
loss_scale = [0.0, 0.3, 1.0]
squeezing = [0.6, 1.2]
"""

COMPARE = """
seed = 2
[ideal]
alphabets = ["modular(2)", "real"]
sizes = [[3, 2], [4, 2]]
sentences = 40
real_sentences = 20
[examination]
models = ["coin", "phase-space-sampler", "pair", "ideal"]
tracker_shares = [0.5, 1.0]
sizes = [[3, 2], [4, 2], [6, 2]]
probes = 60
[tracker]
sizes = [[3, 2]]
sentences = 200
points = 3
[[compiled]]
size = [3, 2]
sentences = 20
repeats = 2
loss_scales = [0.0, 1.0]
[qubits]
sizes = [[3, 2]]
sentences = 40
noise = [0.0, 0.01]
register_qubits = [2]
register_sentences = 8
resource_qubits = [2, 3]
"""

TRAIN = """
model = "gru"
latent = 8
seeds = 2
learning_rates = [0.003]
search_steps = 60
steps = 200
dataset = "data.jsonl"
"""

Pick = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class LongCommand:
    """One command.

    Attributes
    ----------
    name : str
    arguments : tuple of str
        Of ``khrnn``, in a folder with the `inputs`; what it writes is below ``out``.
    stored : tuple of str
        Glob patterns of files that are finished for good once they are there.
    resumes : bool
        Whether the command, called again, goes on where it was.
    """

    name: str
    arguments: tuple[str, ...]
    stored: tuple[str, ...] = ()
    resumes: bool = True
    inputs: Mapping[str, str] = field(default_factory=dict)


GRAPH = (EXAMPLES / "karate_triangles.json").read_text(encoding="utf-8")

COMMANDS = (
    LongCommand("run", ("run", "run.toml", "--out", "out"), resumes=False, inputs={"run.toml": RUN}),
    LongCommand(
        "compare", ("compare", "compare.toml", "--out", "out"), ("jobs/*.json",), inputs={"compare.toml": COMPARE}
    ),
    LongCommand("sweep", ("sweep", "sweep.toml", "--out", "out"), ("jobs/*.json",), inputs={"sweep.toml": SWEEP}),
    LongCommand("train", ("train", "train.toml", "--out", "out"), inputs={"train.toml": TRAIN}),
    LongCommand(
        "hsmt generate",
        ("hsmt", "generate", "--modes", "6", "--k", "3", "--sentences", "120", "--out", "out/data.jsonl"),
        ("data.jsonl.parts/jobs/*.json",),
    ),
    LongCommand(
        "compile",
        ("compile", "graph.json", "--format", "all", "--out", "out"),
        resumes=False,
        inputs={"graph.json": GRAPH},
    ),
)


def start(command: LongCommand, folder: Path, said: str = "stderr", **options: Any) -> subprocess.Popen[bytes]:
    """Start a command in a folder, in a process group of its own; what it says goes to a file there."""
    for name, text in command.inputs.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
    with (folder / "stdout").open("wb") as out, (folder / said).open("wb") as err:
        return subprocess.Popen(
            [sys.executable, "-m", "qumode_khrnn", *command.arguments],
            cwd=folder,
            stdout=out,
            stderr=err,
            start_new_session=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            **options,
        )


def killed(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Kill a command with all its processes after some time; returns False if it had ended by then."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def finished(command: LongCommand, out: Path) -> dict[str, str]:
    """Digests of the files that are finished for good."""
    return {str(p.relative_to(out)): _digest(p.read_bytes()) for pattern in command.stored for p in out.glob(pattern)}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


TIMES = re.compile(r"seconds|time|date|created|ran|reused|wall", re.IGNORECASE)
"""Names of JSON values that may differ between two runs of one command."""


def written(out: Path) -> dict[str, Any]:
    """What a command wrote, by file: data but for times and dates; figures and pages only by name."""
    return {str(path.relative_to(out)): _content(path) for path in sorted(out.rglob("*")) if path.is_file()}


def _content(path: Path) -> Any:
    match path.suffix:
        case ".json":
            return _timeless(json.loads(path.read_text(encoding="utf-8")))
        case ".jsonl":
            return path.read_text(encoding="utf-8")
        case ".parquet":
            import pyarrow.parquet as pq

            return _timeless(pq.read_table(path).to_pydict())
        case ".png" | ".html" | ".svg" | ".pt" | ".npz":
            return "a file"
        case _:
            return path.read_text(encoding="utf-8", errors="replace")


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(v) for key, v in value.items() if not TIMES.search(key)}
    return [_timeless(v) for v in value] if isinstance(value, list) else value


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[str]:
    """Names of files that differ between two runs."""
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"{name} is there only after a kill"
        elif name not in after:
            yield f"{name} is missing after a kill"
        elif before[name] != after[name]:
            yield f"{name} differs after a kill"
