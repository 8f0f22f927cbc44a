"""Every table of operations is total: a new operation that a consumer forgot fails here."""

from compiler.exports.strawberryfields import EMIT
from compiler.heisenberg import RULES as MAPS
from compiler.operations import OPERATIONS
from simulations.exact.run import RULES as EXACT


def test_tables_are_total():
    kinds = set(OPERATIONS.values())
    assert set(MAPS) == kinds
    assert set(EMIT) == kinds
    assert kinds <= set(EXACT)
