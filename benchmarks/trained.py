"""Draw the trained networks of results/trained again, from their rows: python benchmarks/trained.py

The trainings themselves are those of `khrnn compare --train`; results/README.md says when and where they were run.
"""

from pathlib import Path

from qumode_khrnn.comparison.study import read_comparison
from qumode_khrnn.reports import comparison_figures as figures
from qumode_khrnn.reports.comparison_report import learnt, network_verdict
from qumode_khrnn.reports.style import png

FOLDER = Path(__file__).parents[1] / "results" / "trained"

if __name__ == "__main__":
    found = read_comparison(FOLDER / "report.json")
    made = {
        "frontier_excess": figures.frontier_figure(found, "excess_nll"),
        "real": figures.real_figure(found),
        "learning": figures.learning_figure(found.of("learning curve")),
        "gradients": figures.gradient_figure(found.of("gradients")),
    }
    (FOLDER / "figures").mkdir(exist_ok=True)
    for name, figure in made.items():
        (FOLDER / "figures" / f"{name}.png").write_bytes(png(figure))
    print("\n".join(network_verdict(found)))
    for row in learnt(found):
        print("k-HRNN, n = {n}, k = {k}, {optimiser}: {success} of {seeds}, worst {worst:.2g} nats".format(**row))
