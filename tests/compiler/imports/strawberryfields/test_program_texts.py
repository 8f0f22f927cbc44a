"""Published programs in three forms, and all that Strawberry Fields itself writes, read as circuits."""

import warnings
from math import exp, pi, sqrt
from pathlib import Path

import numpy as np
import pytest
from strawberryfields_programs import haar, symplectic_matrix

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.exports.format import ExportInput
from compiler.exports.strawberryfields import blackbird as blackbird_export
from compiler.exports.strawberryfields import xir as xir_export
from compiler.imports.strawberryfields import from_strawberryfields, strawberryfields
from compiler.imports.strawberryfields.blackbird import read_blackbird
from compiler.imports.strawberryfields.script import read_script
from compiler.imports.strawberryfields.xir import read_xir
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.exact import moments

PROGRAMS = Path(__file__).parents[3] / "data" / "programs"

READERS = {"py": read_script, "xbb": read_blackbird, "xir": read_xir}


def read(name, ending):
    path = PROGRAMS / f"{name}.{ending}"
    return READERS[ending](path.read_text(encoding="utf-8"), path.name).circuit


def result(name, factor=1.0):
    return Polynomial.monomial((name,), factor)


TELEPORTATION = Circuit(
    3,
    (
        ops.PrepareVacuum((0,)),
        ops.Displacement((0,), 2 * 0.8, 2 * -0.3),
        ops.PrepareSqueezed((1,), -2.0),
        ops.PrepareSqueezed((2,), 2.0),
        ops.BeamSplitter((1, 2), pi / 4),
        ops.BeamSplitter((0, 1), pi / 4),
        ops.Homodyne((0,), 0.0, "m0"),
        ops.Homodyne((1,), pi / 2, "m1"),
        ops.Displacement((2,), result("m0", sqrt(2)), result("m1", sqrt(2))),
    ),
)

GATE_TELEPORTATION = Circuit(
    3,
    (
        ops.PrepareSqueezed((0,), 0.1),
        ops.PrepareSqueezed((1,), -2.0),
        ops.PrepareSqueezed((2,), -2.0),
        ops.phase(Polynomial.monomial((0, 1)) + Polynomial.monomial((1, 2)) + Polynomial.monomial((1, 1), 0.25)),
        ops.Homodyne((0,), pi / 2, "m0"),
        ops.Homodyne((1,), pi / 2, "m1"),
        ops.Displacement((2,), result("m0", 0.5) - result("m1"), -1.0 * result("m0")),
    ),
)

BOSON_SAMPLING = Circuit(
    4,
    (
        *(ops.PrepareFock((mode,), 1) for mode in (0, 1, 3)),
        ops.PrepareVacuum((2,)),
        *(ops.Rotation((mode,), phase) for mode, phase in enumerate((0.45, -1.2, 2.05, 0.3))),
        ops.BeamSplitter((0, 1), 0.61, 0.4),
        ops.BeamSplitter((2, 3), 1.05, -0.7),
        ops.BeamSplitter((1, 2), 0.35, 1.9),
        ops.BeamSplitter((0, 1), 0.9, -0.2),
        ops.BeamSplitter((2, 3), 0.15, 0.8),
        ops.BeamSplitter((1, 2), 1.3, 0.05),
        *(ops.PhotonCount((mode,), f"m{mode}") for mode in range(4)),
    ),
)

CUBIC = Circuit(
    3,
    (
        *(ops.PrepareSqueezed((mode,), -0.5) for mode in range(3)),
        ops.ControlledZ((0, 1), 0.6),
        ops.ControlledX((0, 2), -0.4),
        ops.phase(Polynomial.monomial((1,) * 3, 0.2 / 3) - Polynomial.monomial((2,) * 3, 0.1 / 3)),
        ops.Homodyne((0,), 0.0, "m0"),
        ops.Homodyne((1,), pi / 2, "m1"),
        ops.Homodyne((2,), pi / 2, "m2"),
    ),
)

BY_HAND = {
    "teleportation": TELEPORTATION,
    "gate-teleportation": GATE_TELEPORTATION,
    "boson-sampling": BOSON_SAMPLING,
    "cubic": CUBIC,
}


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize("name", BY_HAND)
def test_published_programs_are_what_their_formulas_say(name, ending):
    found = read(name, ending)
    verdict = compare(found, BY_HAND[name])
    assert verdict.equivalent, verdict.reason
    for index, op in enumerate(found.operations):
        if isinstance(op, ops.MEASUREMENTS) or (name == "boson-sampling" and isinstance(op, ops.Rotation)):
            continue  # others use the result; a rotation of a state with a photon number is a global phase
        fewer = found.with_operations((*found.operations[:index], *found.operations[index + 1 :]))
        assert not compare(fewer, BY_HAND[name]).equivalent, f"without {op}"


@pytest.mark.parametrize("name", BY_HAND)
def test_the_three_forms_agree(name):
    script, blackbird, xir = (read(name, ending) for ending in READERS)
    assert compare(script, blackbird).equivalent and compare(script, xir).equivalent


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize("name", BY_HAND)
def test_the_ends_of_lines_and_tabs_do_not_matter(name, ending):
    text = (PROGRAMS / f"{name}.{ending}").read_text(encoding="utf-8")
    for other in (text.replace("\n", "\r\n"), text.replace("\n", "\r"), text.replace("    ", "\t"), text.rstrip()):
        assert READERS[ending](other, "other").circuit == READERS[ending](text, "text").circuit


@pytest.mark.parametrize("ending", READERS)
def test_teleportation_brings_the_state_and_the_noise_of_the_pair(ending):
    """The mean is that of the message; each variance grows by 2 e^{-2 r}, with the squeezing r = 2 of the pair."""
    for angle, wanted in ((0.0, 1.6), (pi / 2, -0.6)):
        mean, variance = moments(read("teleportation", ending).then((ops.Homodyne((2,), angle, "y"),))).of("y")
        assert mean == pytest.approx(wanted, abs=1e-12)
        assert variance == pytest.approx(1 + 2 * exp(-4), rel=1e-12)


@pytest.mark.parametrize("ending", READERS)
def test_gate_teleportation_applies_the_gate(ending):
    """F P(s) F takes x to s p - x and p to -p; the momenta of the chain add a variance of e^{-2 r} to both, r = 2."""
    s, x, p, noise = 0.5, exp(-0.2), exp(0.2), exp(-4)
    for angle, wanted in ((0.0, x + s * s * p + noise), (pi / 2, p + noise)):
        mean, variance = moments(read("gate-teleportation", ending).then((ops.Homodyne((2,), angle, "y"),))).of("y")
        assert mean == pytest.approx(0.0, abs=1e-12)
        assert variance == pytest.approx(wanted, rel=1e-12)


# --- what Strawberry Fields writes -----------------------------------------------------------------------------------


def applied(o, q, rng):
    """One operation on random modes; a name of the operation."""
    r, s, t = (float(v) for v in rng.uniform(0.1, 0.9, 3))
    i, j, k = (q[int(mode)] for mode in rng.permutation(4)[:3])
    seed = int(rng.integers(1000))
    choices = {
        "Dgate": (o.Dgate(r, s), i),
        "Xgate": (o.Xgate(-r), i),
        "Zgate": (o.Zgate(r), i),
        "Sgate": (o.Sgate(-r, s), i),
        "Rgate": (o.Rgate(pi / 4), i),
        "Pgate": (o.Pgate(r), i),
        "Vgate": (o.Vgate(r), i),
        "Kgate": (o.Kgate(r), i),
        "Fouriergate": (o.Fouriergate(), i),
        "BSgate": (o.BSgate(r, s), (i, j)),
        "S2gate": (o.S2gate(r, s), (i, j)),
        "MZgate": (o.MZgate(r, s), (i, j)),
        "sMZgate": (o.sMZgate(r, s), (i, j)),
        "CXgate": (o.CXgate(r), (i, j)),
        "CZgate": (o.CZgate(r), (i, j)),
        "CKgate": (o.CKgate(r), (i, j)),
        "Vacuum": (o.Vacuum(), i),
        "Coherent": (o.Coherent(r, s), i),
        "Squeezed": (o.Squeezed(r, s), i),
        "DisplacedSqueezed": (o.DisplacedSqueezed(r, s, t, r), i),
        "Thermal": (o.Thermal(r), i),
        "Fock": (o.Fock(2), i),
        "Catstate": (o.Catstate(r, s, 1), i),
        "GKP": (o.GKP([r, s], 0.1), i),
        "Ket": (o.Ket(np.array([0.6, 0.8j])), i),
        "LossChannel": (o.LossChannel(r), i),
        "ThermalLossChannel": (o.ThermalLossChannel(r, s), i),
        "MSgate": (o.MSgate(r, s, 1.1, t), i),
        "PassiveChannel": (o.PassiveChannel(r * haar(2, seed)), (i, j)),
        "Interferometer": (o.Interferometer(haar(3, seed)), (i, j, k)),
        "GaussianTransform": (o.GaussianTransform(symplectic_matrix(2, seed)), (i, j)),
        "Gaussian": (o.Gaussian(np.diag([2.0, 1.0, 2.0, 3.0])), (i, j)),
        "MeasureHomodyne": (o.MeasureHomodyne(r), i),
        "MeasureFock": (o.MeasureFock(), (i, j)),
    }
    names = list(choices)
    name = names[int(rng.integers(len(names)))]
    gate, wires = choices[name]
    gate | wires
    return name


def random_program(seed):
    """A program of ten operations on four modes with feed-forward, and the names of its operations."""
    rng = np.random.default_rng(seed)
    sf = strawberryfields()
    program = sf.Program(4, name="random")
    with program.context as q:
        names = [applied(sf.ops, q, rng) for _ in range(5)]
        if seed % 2:
            sf.ops.MeasureHomodyne(0.25) | q[2]
            x = q[2].par
            sf.ops.Xgate([0.5 * x, x**2 - 0.25, -x / 3, x * (1 - 2 * x)][seed % 4]) | q[1]
            names.append("feed-forward")
        names += [applied(sf.ops, q, rng) for _ in range(5)]
        sf.ops.MeasureHomodyne(0.5, **({"select": 0.25} if seed % 3 == 0 else {})) | q[3]
        names += ["select"] * (seed % 3 == 0)
    return program, set(names)


def written(write, program):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return write(program)


def same(found, wanted):
    """Equality up to the rounding of sympy, and of the twelve digits that some matrices come with."""
    assert found.modes == wanted.modes and found.symbols == wanted.symbols
    assert [(type(op), op.modes) for op in found.operations] == [(type(op), op.modes) for op in wanted.operations]
    for one, other in zip(found.operations, wanted.operations, strict=True):
        for key, value in one.parameters().items():
            if isinstance(value, Polynomial):
                assert all(abs(c) < 1e-14 for c in (value - other.parameters()[key]).terms.values())
            elif isinstance(value, str):
                assert value == other.parameters()[key]
            else:
                np.testing.assert_allclose(np.array(value), np.array(other.parameters()[key]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(100))
def test_blackbird_and_xir_as_strawberry_fields_writes_them(seed):
    program, names = random_program(seed)
    circuit = from_strawberryfields(program)
    io = strawberryfields().io
    same(read_xir(written(lambda p: io.to_xir(p).serialize(), program)).circuit, circuit)
    try:
        text = written(lambda p: io.to_blackbird(p).serialize(), program)
    except IndexError:  # of its own writer, for arrays of one axis
        assert names & {"Ket", "Gaussian"}
        return
    if "GKP" in names:
        with pytest.raises(CircuitError, match="not Blackbird"):
            read_blackbird(text)
        return
    same(read_blackbird(text).circuit, circuit)


NO_PYTHON = {
    "GKP",
    "Ket",
    "Catstate",
    "PassiveChannel",
    "Interferometer",
    "GaussianTransform",
    "Gaussian",
    "feed-forward",
}
"""What its generator of scripts writes as something that is no Python: arrays, words and results."""


@pytest.mark.parametrize("seed", range(100))
def test_scripts_as_strawberry_fields_writes_them(seed):
    program, names = random_program(seed)
    text = written(strawberryfields().io.generate_code, program)
    if names & NO_PYTHON:
        with pytest.raises(CircuitError):
            read_script(text)
        return
    read = read_script(text)
    kept = [
        op if not isinstance(op, ops.PostSelect) else ops.Homodyne(op.modes, op.angle, f"m{op.modes[0]}")
        for op in from_strawberryfields(program).operations
    ]
    assert [(type(op), op.modes) for op in read.circuit.operations] == [(type(op), op.modes) for op in kept]
    if "select" not in names and "Rgate" not in names:
        same(read.circuit, from_strawberryfields(program))
    assert ("np is not imported" in " ".join(read.notes)) == ("np." in text)


TDM_LISTS = ([0.1, 0.2, 0.3, 0.9], [0.4, 0.5, 0.6, 0.7])

TDM_SCRIPT = """
import numpy as np
import strawberryfields as sf
from strawberryfields import ops

alpha = [0.1, 0.2, 0.3, 0.9]
phi = np.linspace(0.4, 0.7, 4)
prog = sf.TDMProgram(N=2)
with prog.context(alpha, phi) as (p, q):
    ops.Sgate(0.7, 0) | q[1]
    ops.BSgate(p[0], 0.1) | (q[0], q[1])
    ops.Rgate(2 * p[1] - 0.25) | q[1]
    ops.MeasureHomodyne(p[1]) | q[0]

eng = sf.Engine("gaussian")
result = eng.run(prog, shots=3)
"""


def tdm_program(bands=2, shift="default"):
    sf = strawberryfields()
    program = sf.TDMProgram(bands, name="bins")
    with program.context(*TDM_LISTS, shift=shift) as (p, q):
        sf.ops.Sgate(0.7, 0.0) | q[1]
        sf.ops.BSgate(p[0], 0.1) | (q[0], q[1])
        sf.ops.Rgate(p[1]) | q[1]
        sf.ops.MeasureHomodyne(p[1]) | q[0]
    return program


def test_programs_of_time_bins_are_unrolled():
    program, io = tdm_program(), strawberryfields().io
    circuit = from_strawberryfields(program)
    assert circuit.results == ("m0_t0", "m0_t1", "m0_t2", "m0_t3")
    same(read_blackbird(written(lambda p: io.to_blackbird(p).serialize(), program)).circuit, circuit)
    same(read_xir(written(lambda p: io.to_xir(p).serialize(), program)).circuit, circuit)
    same(
        read_xir(written(lambda p: io.to_xir(p).serialize(), tdm_program([1, 2]))).circuit,
        from_strawberryfields(tdm_program([1, 2])),
    )
    code = written(io.generate_code, tdm_program())  # its Blackbird writer has changed the other program
    same(read_script(code).circuit, circuit)
    turned = read_script(TDM_SCRIPT.replace("2 * p[1] - 0.25", "p[1]"))
    same(turned.circuit, circuit)
    shifted = TDM_SCRIPT.replace("2 * p[1] - 0.25", "p[1]").replace("N=2", "N=3").replace("phi) as", "phi, shift=2) as")
    same(read_script(shifted).circuit, from_strawberryfields(tdm_program(3, 2)))
    assert read_script(shifted).circuit != from_strawberryfields(tdm_program(3))
    double = read_script(TDM_SCRIPT).circuit
    angles = [op.theta for op in double.operations if isinstance(op, ops.Rotation)]
    assert angles == pytest.approx([2 * v - 0.25 for v in TDM_LISTS[1]], abs=1e-12)


TDM_REFUSED = {
    ("alpha, phi) as", "alpha, phi[:2]) as"): "lists of numbers of one length",
    ("prog.context(alpha, phi) as", "prog.context() as"): "out of range",
    ("prog.context(alpha, phi) as (p, q)", "prog.context as (p, q)"): "needs its lists",
    ("N=2", "N=[2, 0]"): "concurrent modes",
    ("N=2", "N=20000"): "concurrent modes",
    ("ops.BSgate(p[0], 0.1)", "ops.BSgate(p[0], q[0].par)"): "do not use results",
    ("ops.Rgate(2 * p[1] - 0.25)", "ops.Rgate(0.1).H"): "H is not read",
    ("MeasureHomodyne(p[1])", "MeasureHomodyne(0.1, select=0.2)"): "select is not read",
    ("ops.Rgate(2 * p[1] - 0.25)", "ops.Rgate(prog.params('a'))"): "a needs a value",
    ("[0.1, 0.2, 0.3, 0.9]", "[0.1] * 10**5"): "one length|up to 100000 operations",
}


@pytest.mark.parametrize("change", TDM_REFUSED)
def test_programs_of_time_bins_that_are_refused(change):
    assert change[0] in TDM_SCRIPT
    with pytest.raises(CircuitError, match=TDM_REFUSED[change]):
        read_script(TDM_SCRIPT.replace(*change))


# --- files of this project -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("export", [blackbird_export, xir_export], ids=["blackbird", "xir"])
def test_changed_files_are_found_out_without_strawberry_fields(export, monkeypatch):
    loss = ops.Loss((3,), 0.9)
    gates = (ops.CubicPhase((1,), 0.2), ops.CubicPhase((2,), -0.1))
    circuit = Circuit(4, (*CUBIC.operations[:5], *gates, *CUBIC.operations[6:], loss))
    write = export.to_blackbird if export is blackbird_export else export.to_xir
    text = write(circuit)
    monkeypatch.setattr(export, "loaded_differs", None)
    given = ExportInput(circuit, circuit)
    assert export.FORMAT.differs(text, given) == ""
    for old, new in (
        ("Vgate(0.2)", "Vgate(0.200001)"),
        ("LossChannel(0.9)", "LossChannel(0.8)"),
        ("Vgate(-0.1)", "Vgate(0.1)"),
    ):
        assert old in text and export.FORMAT.differs(text.replace(old, new), given)
    for huge in ("100000000", "99999999999999999999"):
        changed = text.replace("| 3", f"| {huge}").replace("| [3]", f"| [{huge}]")
        with pytest.raises(CircuitError, match="modes must be below 10000"):
            export.FORMAT.differs(changed, given)
