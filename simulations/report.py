"""The report: one self-contained HTML file, its data as JSON, its figures as PNG."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, select_autoescape
from markupsafe import Markup

from compiler.files import json_text, write_bytes, write_text
from hardware_profiles.schema import UNVERIFIED
from simulations import figures, noise_figures
from simulations.comparison.figures import frontier_figure, probe_figure
from simulations.comparison.study import Comparison
from simulations.device_figure import devices_figure
from simulations.devices import WEIGHT, WRONG, unverified_of
from simulations.experiment import ExperimentResult
from simulations.wigner import small_states

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))

PACKAGES = ("qumode-khrnn", "numpy", "scipy", "strawberryfields", "mrmustard", "thewalrus", "networkx")


def write_report(
    result: ExperimentResult, compared: Comparison, folder: Path, command: str, seconds: float, date: str
) -> tuple[Path, ...]:
    """Write ``report.html``, ``report.json`` and ``figures/*.png`` to a folder; returns the paths, HTML first.

    Parameters
    ----------
    result : ExperimentResult
    compared : Comparison
        The same task on qubits and by classical models.
    folder : Path
    command : str
        The command that made it, to be shown.
    seconds : float
        Its wall time.
    date : str
        Its date, ISO 8601.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    made = {
        "hypergraph": figures.hypergraph_figure(result.graph),
        "circuit": figures.circuit_figure(result.cell.circuit),
        "synthesis": figures.synthesis_figure(result.states),
        "calibration": figures.calibration_figure(result),
        "answers": figures.answers_figure(result.loss),
        "loss": figures.loss_figure(result.loss, result.profile.name),
        "cutoff": noise_figures.cutoff_figure(result.check),
        "budget": noise_figures.budget_figure(result.budgets),
        "loss_map": noise_figures.loss_map_figure(result.study),
        "wigner": noise_figures.wigner_figure(small_states()),
        "devices": devices_figure(result.devices),
        "frontier": frontier_figure(compared, "violation_rate"),
        "probes": probe_figure(compared.probe_rows(), "violation_rate"),
    }
    origin = origin_of(command, seconds, date, PACKAGES)
    html = (
        environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            origin=origin,
            figures={name: Markup(figures.svg(figure)) for name, figure in made.items()},
            shown_r=[r for r in result.study.squeezings if r in (0.5, 1.0, 1.5)],
            unverified={mark.value for mark in UNVERIFIED},
            unverified_profile=any(q.mark in UNVERIFIED for q in result.profile.quantities().values()),
            unverified_of=unverified_of(result.devices),
            edge_weight=WEIGHT,
            wrong=WRONG,
        )
    )
    paths = [folder / "report.html", folder / "report.json"]
    write_text(paths[0], html)
    data = result.to_json()
    data["rows"] += compared.to_json()["rows"]
    write_text(paths[1], json_text({"origin": origin, **data}))
    for name, figure in made.items():
        paths.append(folder / "figures" / f"{name}.png")
        write_bytes(paths[-1], figures.png(figure))
    return tuple(paths)


def origin_of(command: str, seconds: float, date: str, packages: Sequence[str]) -> dict[str, Any]:
    """What made a report: command, date, wall time, machine, versions."""
    return {
        "command": command,
        "date": date,
        "seconds": round(seconds, 1),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "packages": {name: version(name) for name in packages},
    }


def environment() -> Environment:
    """Templates of reports, with the filters ``num`` and ``interval``."""
    made = Environment(
        loader=PackageLoader("simulations"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["num"] = _number
    made.filters["interval"] = _interval
    made.filters["seconds"] = seconds_text
    return made


def _number(value: Any, digits: int = 4) -> str:
    return "–" if value is None or isinstance(value, Undefined) else f"{value:.{digits}g}"


def seconds_text(value: float | None) -> str:
    """A time with its unit.

    >>> seconds_text(0.0048), seconds_text(None)
    ('4.8 ms', '–')
    """
    if value is None:
        return "–"
    size, unit = next(((size, unit) for size, unit in UNITS if value >= size), UNITS[-1])
    return f"{value / size:.3g} {unit}"


def _interval(value: Any) -> str:
    return "" if value is None else f"[{value[0]:.3g}, {value[1]:.3g}]"
