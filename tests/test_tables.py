"""Every table of operations is total, or says what it leaves out: a new operation that a consumer forgot fails here."""

import pkgutil
from dataclasses import fields
from importlib import import_module

import pytest

from compiler.ir.operations import OPERATIONS, STATES, DisplacementNoise, Homodyne, Loss, ThermalLoss
from hardware_profiles.schema import OPERATION_PARAMETERS

KINDS = set(OPERATIONS.values())
FUSED = {Homodyne, Loss, ThermalLoss, DisplacementNoise}
"""Operations that `simulations.exact.fuse` rewrites before a simulator sees them."""

TOTAL = {
    "compiler.semantics.phase_space:RULES",
    "compiler.exports.strawberryfields.program:EMIT",
    "compiler.exports.mrmustard:EMIT",
    "compiler.exports.openqasm.cv_writer:EMIT",
    "compiler.exports.drawings.drawing:LABELS",
    "compiler.exports.drawings.drawing:LEGEND",
    "simulations.backends.mrmustard:EMIT",
    "simulations.exact.closed_form.book:RULES",
}
PARTIAL = {
    "simulations.exact.run:RULES": KINDS - FUSED,
    "simulations.grid.primitives:RULES": KINDS - FUSED,
    # no instruction of QSCOUT; the others have one
    "compiler.ions.qscout_steps:ABSENT": KINDS
    - {
        OPERATIONS[n]
        for n in ("PrepareVacuum", "PrepareSqueezed", "Squeeze", "Displacement", "BeamSplitter", "DisplacementReadout")
    },
    # parameters that change sign when one mode is turned by pi; what is not listed is even, or acts on one quadrature
    "compiler.routing.board:ODD": {OPERATIONS[n] for n in ("BeamSplitter", "ControlledX", "ControlledZ", "CubicPhase")},
    # operations that add up when they follow one another
    "compiler.passes.simplifying.merge_neighbours:ADDITIVE": {
        OPERATIONS[n] for n in ("Rotation", "Squeeze", "Shear", "ControlledX", "CubicPhase")
    },
    "simulations.backends.grid:UNABLE": {
        OPERATIONS[n] for n in ("CrossKerr", "PostSelect", "PhotonCount", "DisplacementReadout")
    }
    | set(STATES),
    "simulations.backends.branches:UNABLE": {
        OPERATIONS[n] for n in ("PrepareFock", "PrepareKet", "PrepareDensity", "Kerr", "CrossKerr", "PhotonCount")
    },
    "simulations.backends.exact:UNABLE": {
        OPERATIONS[n] for n in ("Kerr", "CrossKerr", "PostSelect", "PhotonCount", "DisplacementReadout")
    }
    | set(STATES),
}


def tables_of_the_source():
    """Names of all module-level tables by operation, in the first module that has them: aliases come later."""
    found = {}
    for root in ("compiler", "simulations", "qumode_khrnn"):
        package = import_module(root)
        for info in pkgutil.walk_packages(package.__path__, f"{root}."):
            if info.name.endswith("__main__"):
                continue
            module = import_module(info.name)
            for name, value in vars(module).items():
                if isinstance(value, dict) and any(isinstance(key, type) and key in KINDS for key in value):
                    found.setdefault(id(value), f"{info.name}:{name}")
    return set(found.values())


def test_profiles_know_the_same_names():
    assert {name: tuple(f.name for f in fields(kind))[1:] for name, kind in OPERATIONS.items()} == OPERATION_PARAMETERS


@pytest.mark.parametrize("place", sorted({*TOTAL, *PARTIAL}))
def test_a_table_holds_the_operations_that_it_must(place):
    module, _, name = place.partition(":")
    held = {key for key in getattr(import_module(module), name) if key in KINDS}
    assert held == (KINDS if place in TOTAL else PARTIAL[place])


def test_no_table_is_forgotten_here():
    assert tables_of_the_source() == {*TOTAL, *PARTIAL}
