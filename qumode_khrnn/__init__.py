"""k-hypergraph recurrent neural networks on qumodes: hypergraphs, unit cells, networks, and the task HSMT.

Names are imported on first use, so that the command line starts fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hardware_profiles.display import drawn_by

if TYPE_CHECKING:
    from qumode_khrnn.network.cell import Network, Readout, Shift, UnitCell, state_circuit
    from qumode_khrnn.network.formats.graphs import hypergraph_from_networkx
    from qumode_khrnn.network.formats.read import read_hypergraph
    from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph, random_hypergraph

_HOMES = {
    "network.cell": ("Network", "Readout", "Shift", "UnitCell", "state_circuit"),
    "network.formats.graphs": ("hypergraph_from_networkx",),
    "network.formats.read": ("read_hypergraph",),
    "network.hypergraph": ("Hyperedge", "Hypergraph", "random_hypergraph"),
}

__all__ = [
    "Hyperedge",
    "Hypergraph",
    "Network",
    "Readout",
    "Shift",
    "UnitCell",
    "hypergraph_from_networkx",
    "random_hypergraph",
    "read_hypergraph",
    "state_circuit",
]


drawn_by(
    {
        "qumode_khrnn.classical.training:TrainResult": "qumode_khrnn.display.trainings:network_training_picture",
        "qumode_khrnn.comparison.study:Comparison": "qumode_khrnn.display.pictures:comparison_picture",
        "qumode_khrnn.learning.results:LearningResult": "qumode_khrnn.display.trainings:learning_picture",
        "qumode_khrnn.learning.trainability:TrainabilityResult": "qumode_khrnn.display.trainings:trainability_picture",
        "qumode_khrnn.network.hypergraph:Hypergraph": "qumode_khrnn.display.hypergraphs:hypergraph_picture",
        "qumode_khrnn.studies.experiment:BudgetPoint": "qumode_khrnn.display.pictures:budget_point_picture",
        "qumode_khrnn.studies.experiment:ExperimentResult": "qumode_khrnn.display.pictures:experiment_picture",
        "qumode_khrnn.studies.sweep:SweepResult": "qumode_khrnn.display.sweeps:sweep_picture",
        "qumode_khrnn.witness.study:WitnessStudy": "qumode_khrnn.display.pictures:witness_picture",
    }
)


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"qumode_khrnn.{home}"), name)
    raise AttributeError(f"module 'qumode_khrnn' has no attribute {name!r}")
