"""``khrnn examples``: the example files that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qumode_khrnn.cli.common import Force, Json, show
from qumode_khrnn.cli.front.idle import refuse_force

FILES = {
    "triangle.json": "one hyperedge of three modes",
    "triangle_with_context.json": "a program: three modes, three edges, and one displacement that is read by a bit",
    "cell.json": "a unit cell: one hyperedge, one readout of p",
    "karate_triangles.json": "the 45 triangles of Zachary's karate club on 34 modes",
    "davis_women.json": "the 6 events of the Davis women that at most four of 18 attended",
    "davis_women_triples.json": "the 4 events of exactly three women",
    "sweep.toml": "a sweep of 24 cells: error against size, squeezing and loss",
}
"""Every file, and what it is."""


def examples_command(
    out: Annotated[
        Path | None, typer.Option(help="Folder to copy the files into. By default they are only listed.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """List the example files that come with the package, or copy them.

    Example: khrnn examples --out examples
    """
    from importlib.resources import files

    refuse_force(force, out)
    from compiler.files import read_text
    from compiler.files.folders import write_files
    from qumode_khrnn.jobs.output import require_replaceable

    home = files("qumode_khrnn") / "examples"
    places = {name: str(home / name) if out is None else str(out / name) for name in FILES}
    if out is not None:
        texts = {name: (home / name).read_text("utf-8") for name in FILES}
        for name, text in texts.items():
            path = out / name
            require_replaceable(path, force=force, same=path.is_file() and read_text(path) == text)
        write_files(out, texts)
    data = [{"name": name, "about": about, "path": places[name]} for name, about in FILES.items()]
    show({"examples": data}, as_json, [f"{places[name]}  {about}" for name, about in FILES.items()])
