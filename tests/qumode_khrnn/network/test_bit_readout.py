"""Unit cells that read a displacement by one bit."""

import pytest

from compiler.errors import InputError
from compiler.ir.operations import DisplacementReadout, PrepareSqueezed
from compiler.semantics.equivalence import equivalent
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import BitReadout, Network, Readout, UnitCell, cell_from_json
from qumode_khrnn.network.cell_templates import CellTemplates
from qumode_khrnn.network.hypergraph import Hyperedge
from qumode_khrnn.network.loss_aware import LossTracker

READ = BitReadout((0, 2), (0.5, 0.0), (0.0, 0.25))


def test_a_cell_becomes_one_readout_without_an_ancilla():
    circuit = Network(3, 1.0, 1.0).circuit([UnitCell((Hyperedge((0, 1), 0.3),)), UnitCell((), (), READ)])
    assert circuit.operations[-1] == DisplacementReadout((0, 2), (0.5, 0.0), (0.0, 0.25), "y1")
    assert circuit.modes == 3 and circuit.ancillas == ()
    assert sum(isinstance(op, PrepareSqueezed) for op in circuit.operations) == 3


def test_the_ancilla_stays_where_a_quadrature_is_read_or_nothing():
    network = Network(3, 1.0, 1.0)
    for cells in ([UnitCell((), (), READ), UnitCell((), (), Readout("p", 0))], [UnitCell()]):
        assert network.circuit(cells).modes == 4


@pytest.mark.parametrize("modes", [(0, 0), (-1, 0), (0,)])
def test_wrong_numbers_are_refused(modes):
    with pytest.raises(InputError, match="DisplacementReadout"):
        BitReadout(modes, (0.5, 0.0), (0.0, 0.25))


def cell(readout, modes=3):
    return {"format": "qumode-khrnn/cell", "version": 1, "modes": modes, "readout": readout}


def test_cell_files_hold_one():
    data = cell({"modes": [0, 2], "alpha": [0.5, 0], "beta": [0, 0.25]})
    assert cell_from_json(data, "c") == (3, UnitCell((), (), READ))


@pytest.mark.parametrize(
    ("readout", "message"),
    [
        ({"modes": [0, 3], "alpha": [0.5, 0], "beta": [0, 0.25]}, r'c: readout: "modes" must lie in 0\.\.2'),
        ({"modes": [0, 1], "alpha": [0.5], "beta": [0, 0.25]}, "c: readout: .*one number per mode"),
        ({"modes": [0, 1], "alpha": [0.5, 0]}, 'readout: a displacement must have the lists "modes", "alpha", "beta"'),
        ({"modes": 0, "alpha": [0.5], "beta": [0.0]}, "must have the lists"),
        ({"modes": [0], "alpha": [0.5], "beta": [0], "mode": 0}, "must have the lists"),
        ({"modes": [0], "alpha": [0], "beta": [0]}, "c: readout: .*not 0"),
        ({"modes": [0], "alpha": ["a"], "beta": [0]}, "c: readout: "),
    ],
)
def test_broken_cell_files_say_where(readout, message):
    with pytest.raises(InputError, match=message):
        cell_from_json(cell(readout), "c")


def test_templates_keep_modes_and_numbers_apart():
    network, profile = Network(4, 1.0, 1.0), load_profile("ideal-cubic")
    cells = CellTemplates(network, profile)
    edge = Hyperedge((0, 3), 0.2)
    for readout in (READ, BitReadout((1, 0), (0.5, 0.0), (0.0, 0.25)), BitReadout((0, 2), (0.4, 0.0), (0.0, 0.25))):
        logical = network.circuit([UnitCell((edge,), (), readout)], prepare=False)
        native = logical.with_operations(cells.operations(UnitCell((edge,), (), readout), "y0"))
        assert equivalent(logical, native).equivalent
    assert not equivalent(
        logical, logical.with_operations(cells.operations(UnitCell((edge,), (), READ), "y0"))
    ).equivalent


def test_bits_are_left_as_they_are_by_loss_aware_cells():
    tracker = LossTracker(Network(3, 1.0, 1.0))
    tracker.follow(UnitCell((), (), READ), ())
    assert tracker.gain(READ) == 1.0
