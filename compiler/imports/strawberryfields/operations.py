r"""The operations of Strawberry Fields 0.23: their names, arguments with defaults, and meaning as operations here.

``S(z)``, ``D(alpha)`` and all other definitions are those of ``strawberryfields/ops.py`` at hbar = 2, read from its
source and checked against its engines. Measurements, ancillas, `Del` and `New` depend on earlier operations, and are
handled by `compiler.imports.strawberryfields.build`; names that are not read are in `REFUSED`, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

from compiler.imports.strawberryfields import matrices, preparations
from compiler.imports.strawberryfields.arguments import (
    Argument,
    Entry,
    anything,
    array,
    flag,
    natural,
    number,
    parameter,
    real_square,
    real_vector,
    scaled,
    shifted,
    square,
    text,
)
from compiler.ir import operations as ops
from compiler.ir.operations import Parameter

Modes = tuple[int, ...]

NO_INVERSE = "Strawberry Fields has no inverse of this operation"
"""Reason why preparations, measurements, channels and decompositions have no inverse."""


def _s2(modes: Modes, r: Parameter, phi: Parameter) -> list[ops.Operation]:
    first, second = modes[:1], modes[1:]
    return [
        ops.BeamSplitter(modes, pi / 4, 0.0),
        *preparations.squeezed_by(first, r, phi),
        *preparations.squeezed_by(second, scaled(r, -1.0), phi),
        ops.BeamSplitter(modes, -pi / 4, 0.0),
    ]


def _mz(modes: Modes, phi_in: Parameter, phi_ex: Parameter) -> list[ops.Operation]:
    splitter = ops.BeamSplitter(modes, pi / 4, pi / 2)
    return [ops.Rotation(modes[:1], phi_ex), splitter, ops.Rotation(modes[:1], phi_in), splitter]


def _smz(modes: Modes, phi_in: Parameter, phi_ex: Parameter) -> list[ops.Operation]:
    splitter = ops.BeamSplitter(modes, pi / 4, pi / 2)
    return [
        splitter,
        ops.Rotation(modes[1:], shifted(phi_ex, -pi / 2)),
        ops.Rotation(modes[:1], shifted(phi_in, -pi / 2)),
        splitter,
    ]


def single(kind: Any) -> Callable[..., list[ops.Operation]]:
    """Return the maker of one operation of a kind, from modes and the values of its fields."""
    return lambda modes, *values: [kind(modes, *values)]


_R, _PHI = Argument("r", parameter), Argument("phi", parameter, 0.0)
_TOL = Argument("tol", anything, 1e-6)
_MZ = (Argument("phi_in", parameter), Argument("phi_ex", parameter))

GATES: dict[str, Entry] = {
    "Dgate": Entry((_R, _PHI), preparations.displaced),
    "Xgate": Entry((Argument("x", parameter),), lambda modes, x: [ops.Displacement(modes, x, 0.0)]),
    "Zgate": Entry((Argument("p", parameter),), lambda modes, p: [ops.Displacement(modes, 0.0, p)]),
    "Sgate": Entry((_R, _PHI), preparations.squeezed_by),
    "Rgate": Entry((Argument("theta", parameter),), single(ops.Rotation)),
    "Pgate": Entry((Argument("s", parameter),), single(ops.Shear)),
    "Vgate": Entry((Argument("gamma", parameter),), single(ops.CubicPhase)),
    "Kgate": Entry((Argument("kappa", number),), single(ops.Kerr)),
    "Fouriergate": Entry((), lambda modes: [ops.Rotation(modes, pi / 2)]),
    "BSgate": Entry((Argument("theta", parameter, pi / 4), _PHI), single(ops.BeamSplitter), 2),
    "S2gate": Entry((_R, _PHI), _s2, 2),
    "MZgate": Entry(
        _MZ,
        _mz,
        2,
        "its Fock and its Gaussian engine apply different gates for it; write out the gate that is meant",
    ),
    "sMZgate": Entry(_MZ, _smz, 2),
    "CXgate": Entry((Argument("s", parameter, 1.0),), single(ops.ControlledX), 2),
    "CZgate": Entry((Argument("s", parameter, 1.0),), single(ops.ControlledZ), 2),
    "CKgate": Entry((Argument("kappa", number),), single(ops.CrossKerr), 2),
    "Ggate": Entry(
        (Argument("S", real_square), Argument("d", real_vector)),
        matrices.gaussian_gate,
        None,
        "its engine negates S for it",
    ),
}
"""Unitary gates; `Call.inverse` is allowed where the engines agree on what it does."""

PREPARATIONS: dict[str, Entry] = {
    "Vacuum": Entry((), preparations.vacuum),
    "Coherent": Entry((Argument("r", parameter, 0.0), _PHI), preparations.coherent),
    "Squeezed": Entry((Argument("r", parameter, 0.0), Argument("p", parameter, 0.0)), preparations.squeezed),
    "DisplacedSqueezed": Entry(
        tuple(Argument(name, parameter, 0.0) for name in ("r_d", "phi_d", "r_s", "phi_s")),
        preparations.displaced_squeezed,
    ),
    "Thermal": Entry((Argument("n", number, 0.0),), matrices.thermal),
    "Fock": Entry((Argument("n", natural, 0),), single(ops.PrepareFock)),
    "Catstate": Entry(
        (
            Argument("a", number, 0.0),
            Argument("phi", number, 0.0),
            Argument("p", number, 0.0),
            Argument("representation", anything, "complex"),
            Argument("ampl_cutoff", anything, 1e-12),
            Argument("D", anything, 2),
        ),
        preparations.cat,
    ),
    "GKP": Entry(
        (
            Argument("state", anything, None),
            Argument("epsilon", number, 0.2),
            Argument("ampl_cutoff", anything, 1e-12),
            Argument("representation", anything, "real"),
            Argument("shape", text, "square"),
        ),
        preparations.gkp,
    ),
    "Ket": Entry((Argument("state", array),), preparations.ket, None),
    "DensityMatrix": Entry((Argument("state", array),), preparations.density_matrix, None),
    "Gaussian": Entry(
        (Argument("V", real_square), Argument("r", real_vector, None), Argument("decomp", anything, True), _TOL),
        matrices.gaussian_state,
        None,
    ),
}
"""Preparations."""

CHANNELS: dict[str, Entry] = {
    "LossChannel": Entry((Argument("T", number),), single(ops.Loss)),
    "ThermalLossChannel": Entry((Argument("T", number), Argument("nbar", number)), single(ops.ThermalLoss)),
    "PassiveChannel": Entry((Argument("T", square),), matrices.passive_channel, None),
}
"""Channels; `MSgate` is handled in `build`, because its single shots read an ancilla."""

DECOMPOSITIONS: dict[str, Entry] = {
    "Interferometer": Entry(
        (
            Argument("U", square),
            Argument("mesh", anything, "rectangular"),
            Argument("drop_identity", anything, True),
            _TOL,
        ),
        matrices.interferometer,
        None,
    ),
    "GaussianTransform": Entry(
        (Argument("S", real_square), Argument("vacuum", flag, False), _TOL), matrices.gaussian_transform, None
    ),
}
"""Transformations given by matrices."""

EMBEDDINGS: dict[str, Entry] = {
    "GraphEmbed": Entry(
        (
            Argument("A", square),
            Argument("mean_photon_per_mode", number, 1.0),
            Argument("make_traceless", flag, False),
            Argument("tol", number, 1e-6),
        ),
        matrices.graph_embedding,
        None,
    ),
    "BipartiteGraphEmbed": Entry(
        (
            Argument("A", square),
            Argument("mean_photon_per_mode", number, 1.0),
            Argument("edges", flag, False),
            Argument("drop_identity", flag, True),
            Argument("tol", number, 1e-6),
        ),
        matrices.bipartite_embedding,
        None,
    ),
}
"""Graphs, which Strawberry Fields itself turns into squeezers and interferometers."""

TABLE: dict[str, Entry] = GATES | PREPARATIONS | CHANNELS | DECOMPOSITIONS
"""Operations whose meaning does not depend on earlier ones."""

STATEFUL: dict[str, Entry] = {
    "MeasureHomodyne": Entry((Argument("phi", parameter), Argument("select", anything, None)), list),
    "MeasureHeterodyne": Entry((Argument("select", anything, None),), list),
    "MeasureFock": Entry((Argument("select", anything, None), Argument("dark_counts", anything, None)), list, None),
    "MSgate": Entry(
        (
            Argument("r", number),
            Argument("phi", number, 0.0),
            Argument("r_anc", number, 10.0),
            Argument("eta_anc", number, 1.0),
            Argument("avg", flag, True),
        ),
        list,
    ),
    "Del": Entry((), list, None),
    "New": Entry((), list, None),
}
"""Operations that `build` makes itself: readouts, ancillas, modes that go and come; `Entry.make` is not used."""

ALIASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "Vac": ("Vacuum", ()),
    "Fourier": ("Fouriergate", ()),
    "MeasureX": ("MeasureHomodyne", (0.0,)),
    "MeasureP": ("MeasureHomodyne", (pi / 2,)),
    "MeasureHD": ("MeasureHeterodyne", ()),
    "Measure": ("MeasureFock", ()),
    "_Delete": ("Del", ()),
    "_New_modes": ("New", ()),
}
"""Short names of operations with given first arguments."""

REFUSED: dict[str, str] = {
    "Bosonic": "a sum of Gaussian functions with complex weights need not be a state, and has no operation here; "
    "prepare it as GKP, Catstate, Fock, Ket or DensityMatrix",
    "MeasureThreshold": "a click detector tells only whether there are photons, for which there is no operation here; "
    "MeasureFock counts",
    "All": "it is a shorthand for one operation on each mode; write them out",
    "Comb": "a compiler of Strawberry Fields 0.23 names it, but the package has no such operation",
}
"""Operations that Strawberry Fields knows and that are not read, with the reason."""

SETTINGS: dict[str, tuple[str, ...]] = {
    "Catstate": ("representation", "ampl_cutoff", "D"),
    "GKP": ("ampl_cutoff", "representation"),
}
"""Numerical settings of the bosonic engine, which do not change the state."""

READ: tuple[str, ...] = tuple(sorted({*TABLE, *EMBEDDINGS, *STATEFUL}))
"""Names of all operations that are read."""
