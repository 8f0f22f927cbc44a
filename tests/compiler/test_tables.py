"""Every table of operations is total: a new operation that a consumer forgot fails here."""

from dataclasses import fields

from compiler.exports.strawberryfields.program import EMIT
from compiler.ir.operations import OPERATIONS, DisplacementNoise, Homodyne, Loss, ThermalLoss
from compiler.semantics.phase_space import RULES as MAPS
from hardware_profiles.schema import OPERATION_PARAMETERS
from simulations.exact.moments import RULES as MOMENTS
from simulations.exact.run import RULES as EXACT


def test_profiles_know_the_same_names():
    assert {name: tuple(f.name for f in fields(kind))[1:] for name, kind in OPERATIONS.items()} == OPERATION_PARAMETERS


def test_tables_are_total():
    kinds = set(OPERATIONS.values())
    assert set(MAPS) == kinds
    assert set(EMIT) == kinds
    assert kinds == set(MOMENTS)
    rewritten = {Homodyne, Loss, ThermalLoss, DisplacementNoise}  # by simulations.exact.fuse
    assert kinds - rewritten <= set(EXACT)
    assert not rewritten & set(EXACT)
