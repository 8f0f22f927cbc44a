"""Every export of 100 random cells is read back as the same circuit; what a format cannot hold is refused; sabotage."""

import re
import runpy
import warnings
from functools import cache
from math import pi

import numpy as np
import pytest
from absent_packages import skip_if_absent
from random_programs import random_noise
from slow_reference import random_circuit, truly_equal

from compiler.comparison import compare
from compiler.errors import CircuitError, InputError
from compiler.exports import mrmustard
from compiler.exports.openqasm import cv_writer as cv_openqasm
from compiler.exports.openqasm import qubits as qubit_qasm
from compiler.exports.reading.difference import difference
from compiler.exports.strawberryfields import blackbird, xir
from compiler.exports.strawberryfields import script as sf_script
from compiler.exports.strawberryfields.program import from_strawberryfields, strawberryfields
from compiler.exports.table import FORMATS, ExportInput, export, export_problems
from compiler.imports.openqasm import reader as cv_openqasm_reader
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import OPERATIONS
from compiler.ir.polynomial import Polynomial
from compiler.ir.relabel import with_results
from compiler.pipeline import compile_circuit
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import Network, Readout, Shift, UnitCell
from qumode_khrnn.network.hypergraph import random_hypergraph
from simulations.exact import moments

CELLS = 100

OWN = 5
"""All texts are read back and compared here; of every so many the writer also makes its own check, as in use."""


def cell_circuit(seed, k, prepare=False):
    rng = np.random.default_rng([seed, k, 7])
    modes = int(rng.integers(k, 5))
    graph = random_hypergraph(modes, k, rng, edges=int(rng.integers(1, 3)) if modes > k else 1)
    quadrature = "x" if rng.random() < 0.5 else "p"
    shifts = (Shift(int(rng.integers(modes)), float(rng.uniform(-1, 1))),)
    cell = UnitCell(graph.edges, shifts, Readout(quadrature, int(rng.integers(modes))))
    return Network(modes, 0.8, 1.2).circuit([cell], prepare=prepare)


@cache
def compiled(profile, k=3):
    device, options = load_profile(profile), SynthesisOptions(effort=0.0)
    return tuple(compile_circuit(cell_circuit(s, k), device, options=options).circuit for s in range(CELLS))


def load(text, ir="blackbird"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return strawberryfields().io.loads(text, ir=ir)


def same(native, loaded):
    """The reloaded circuit equals the written one; trailing modes come back, results by order of time."""
    whole = Circuit(native.modes, with_results(loaded, native.results).operations, native.ancillas)
    return compare(native, whole, seed=4711).equivalent


def written(module, write, circuits, **options):
    """What a writer makes of circuits, with its own check of every so many."""
    for seed, circuit in enumerate(circuits):
        with pytest.MonkeyPatch.context() as patch:
            if seed % OWN:
                patch.setattr(module, "reloaded_differs", lambda text, circuit: "")
            yield circuit, write(circuit, **{key: value(seed) for key, value in options.items()})


READERS = {
    "blackbird": (blackbird, blackbird.to_blackbird, lambda text: from_strawberryfields(load(text))),
    "xir": (xir, xir.to_xir, lambda text: from_strawberryfields(load(text, "xir"))),
    "script": (sf_script, sf_script.to_sf_script, sf_script.from_sf_script),
}


@pytest.mark.parametrize("name", READERS)
def test_cells_with_native_cubic_gates_round_trip(name):
    module, write, read = READERS[name]
    for native, text in written(module, write, compiled("ideal-cubic")):
        assert text.count("Vgate") == sum(isinstance(op, ops.CubicPhase) for op in native.operations) > 0
        assert same(native, read(text))


def plain(circuit):
    """Preparations as CV-OpenQASM has them: a reset, then gates."""
    out = []
    for op in circuit.operations:
        if isinstance(op, ops.PrepareSqueezed | ops.PrepareCubic):
            cubic = isinstance(op, ops.PrepareCubic)
            out += [ops.PrepareVacuum(op.modes), ops.Squeeze(op.modes, -op.r if cubic else op.r)]
            out += [ops.CubicPhase(op.modes, op.gamma)] if cubic else []
        else:
            out.append(op)
    return circuit.with_operations(tuple(out))


@pytest.mark.parametrize("profile", ["ideal-cubic", "ideal-teleported"])
def test_cells_round_trip_through_cv_openqasm(profile):
    found = written(cv_openqasm, cv_openqasm.to_cv_openqasm, compiled(profile), strict=lambda seed: seed % 2 == 0)
    for seed, (native, text) in enumerate(found):
        assert ("qumode" in text) is (seed % 2 == 1)
        assert same(plain(native), cv_openqasm_reader.from_cv_openqasm(text))


@pytest.mark.parametrize("name", ["blackbird", "script"])
def test_teleported_cells_keep_their_feed_forward(name):
    module, write, read = READERS[name]
    for native, text in written(module, write, compiled("ideal-teleported")):
        loaded = read(text)
        dependent = [op for op in loaded.operations if isinstance(op, ops.Shear) and isinstance(op.s, Polynomial)]
        assert len(dependent) == sum(isinstance(op, ops.PrepareCubic) for op in native.operations) > 0
        spelled = native.with_operations(
            tuple(
                step
                for op in native.operations
                for step in (
                    (ops.PrepareSqueezed(op.modes, -op.r), ops.CubicPhase(op.modes, op.gamma))
                    if isinstance(op, ops.PrepareCubic)
                    else (op,)
                )
            )
        )
        assert same(spelled, loaded)


def test_xir_with_feed_forward_is_refused_because_strawberry_fields_cannot_read_it():
    with pytest.raises(CircuitError, match="depends on a readout"):
        xir.to_xir(compiled("ideal-teleported")[0])
    # when either of these loads, the refusal can go
    with pytest.raises(TypeError, match="Strings cannot be passed"):
        load("MeasureHomodyne(phi: 0.0) | [0];\nXgate(0.5*q0) | [1];", "xir")
    with pytest.raises(Exception, match="STAR"):
        load("MeasureHomodyne(phi: 0.0) | [0];\nXgate(0.5*q0**2) | [1];", "xir")


def test_the_script_builds_the_program_when_it_runs(tmp_path):
    for native in (*compiled("ideal-cubic")[:4], *compiled("ideal-teleported")[:4]):
        path = tmp_path / "program_sf.py"
        path.write_text(sf_script.to_sf_script(native))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = runpy.run_path(str(path))["program"]
        assert program.num_subsystems == native.modes
        assert not difference(from_strawberryfields(program), native)


def gaussian(seed):
    """A k = 2 cell, with noise and a correction that is linear in the result for good measure."""
    native = compiled("ideal-cubic", 2)[seed]
    rng = np.random.default_rng(seed)
    (result,) = native.results
    out = list(native.operations)
    for _ in range(3):
        noise = random_noise(rng, int(rng.integers(native.modes - 1)))
        if isinstance(noise, ops.DisplacementNoise):
            noise = ops.DisplacementNoise(noise.modes, 0.1, 0.1)
        place = int(rng.integers(2, len(out)))
        out.insert(place, noise)
    kick = Polynomial.monomial((result,), 0.4) + Polynomial.constant(0.3)
    ancilla = native.modes - 1
    out += [
        ops.Displacement((0,), kick, Polynomial.monomial((result,), -0.7)),
        ops.PrepareSqueezed((ancilla,), 0.3),
        ops.ControlledX((0, ancilla), 0.8),
        ops.BeamSplitter((ancilla, 1), 0.4, 0.3),
        ops.Homodyne((1,), 0.4, "second"),
        ops.Homodyne((ancilla,), pi / 2, "third"),
    ]
    return native.with_operations(tuple(out))


def test_gaussian_cells_round_trip_through_mrmustard(tmp_path):
    path = tmp_path / "program_mm.py"
    for circuit, text in written(mrmustard, mrmustard.to_mrmustard, map(gaussian, range(CELLS))):
        path.write_text(text)
        made = runpy.run_path(str(path))
        law = moments(circuit)
        at = [made["readouts"][name] for name in law.names]
        np.testing.assert_allclose(np.array(made["state"].means)[at], law.mean, atol=1e-9)
        np.testing.assert_allclose(np.array(made["state"].cov)[np.ix_(at, at)], law.cov, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", OPERATIONS)
def test_tables_are_total(kind):
    assert OPERATIONS[kind] in cv_openqasm.EMIT
    assert OPERATIONS[kind] in mrmustard.EMIT


def test_what_mrmustard_cannot_hold_is_refused_by_name():
    cubic = Circuit(1, (ops.Rotation((0,), 0.1), ops.CubicPhase((0,), 0.1)))
    with pytest.raises(CircuitError, match=r"operation 1 CubicPhase\(mode 0\).*ket in the Fock basis"):
        mrmustard.to_mrmustard(cubic)
    read = ops.Homodyne((0,), 0.0, "y")
    squared = Circuit(2, (read, ops.Displacement((1,), Polynomial.monomial(("y", "y")), 0.0)))
    with pytest.raises(CircuitError, match="must be a displacement that is linear"):
        mrmustard.to_mrmustard(squared)
    with pytest.raises(CircuitError, match="same variance"):
        mrmustard.to_mrmustard(Circuit(1, (ops.DisplacementNoise((0,), 0.1, 0.2),)))


WRITERS = {
    "blackbird": (blackbird.to_blackbird, blackbird.reloaded_differs, "ideal-teleported", 3),
    "xir": (xir.to_xir, xir.reloaded_differs, "ideal-cubic", 3),
    "script": (sf_script.to_sf_script, sf_script.reloaded_differs, "ideal-teleported", 3),
    "cv-openqasm": (cv_openqasm.to_cv_openqasm, cv_openqasm.reloaded_differs, "ideal-teleported", 3),
    "mrmustard": (mrmustard.to_mrmustard, mrmustard.reloaded_differs, "ideal-cubic", 2),
}


def refused(differs, text, circuit):
    try:
        return bool(differs(text, circuit))
    except CircuitError:
        return True


@pytest.mark.parametrize("name", WRITERS)
def test_sabotaged_files_are_seen(name):
    write, differs, profile, k = WRITERS[name]
    for seed in range(10):
        rng = np.random.default_rng(seed)
        circuit = compiled(profile, k)[seed]
        text = write(circuit)
        assert not refused(differs, text, circuit)
        numbers = [m for m in re.finditer(r"(?<![\w.])\d+\.\d{3,}", text) if float(m[0]) < 7.0]
        found = numbers[int(rng.integers(len(numbers)))]
        wrong = f"{text[: found.start()]}{float(found[0]) * (1 + 1e-6)!r}{text[found.end() :]}"
        assert refused(differs, wrong, circuit), f"a changed number: {found[0]}"
        lines = text.splitlines(keepends=True)
        gates = [i for i, line in enumerate(lines) if re.search(r"\d\.\d{3,}", line)]
        dropped = gates[int(rng.integers(len(gates)))]
        assert refused(differs, "".join(lines[:dropped] + lines[dropped + 1 :]), circuit), lines[dropped]
        assert refused(differs, "".join(lines[: len(lines) // 2]), circuit), "half of the file"


def test_readers_refuse_what_the_writers_never_write():
    script = sf_script.to_sf_script(Circuit(2, (ops.Squeeze((0,), 0.5),)))
    for line in (
        "__import__('os').system('true')",
        "    ops.Sgate(open('x')) | q[0]",
        "    ops.Sgate(0.5, 0.1, 0.2) | q[0]",
        "    ops.Sgate(True) | q[0]",
        "    ops.Sgate(2.0**9999) | q[0]",
        "    ops.MeasureHomodyne(0.0) | q[0]\n    ops.Xgate(q[0].par**999) | q[1]",
        f"    ops.Sgate({' + '.join(['1.0'] * 5000)}) | q[0]",
        f"    ops.Sgate({'-' * 20000}1.0) | q[0]",
        "(",
    ):
        with pytest.raises(CircuitError, match=r"script"):
            sf_script.from_sf_script(script + line + "\n")
    for line in ("ops.Sgate(0.5).H | q[0]", "ops.Coherent(0.5) | q[0]", "ops.Sgate(0.5) | q[-1]"):
        assert "differs" in sf_script.reloaded_differs(f"{script}    {line}\n", Circuit(2, (ops.Squeeze((0,), 0.5),)))
    text = cv_openqasm.to_cv_openqasm(Circuit(2, (ops.Squeeze((0,), 0.5),)))
    for line in (
        "cv_snap(0.5, 1) m[0];",
        "ctrl @ cv_r(0.5) m[0], m[1];",
        "cv_r(c) m[0];",
        "x m[0];",
        "if (true) {}",
        "}",
    ):
        with pytest.raises(CircuitError):
            cv_openqasm_reader.from_cv_openqasm(text + line + "\n")


@pytest.mark.parametrize("seed", range(6))
def test_noise_must_stand_at_its_place(seed):
    rng = np.random.default_rng(seed)
    gates = [ops.Squeeze((0,), 0.4), ops.BeamSplitter((0, 1), 0.5), ops.CubicPhase((1,), 0.2)]
    noise = random_noise(rng, 0)
    circuit = Circuit(2, (*gates[:1], noise, *gates[1:]))
    assert not difference(circuit, circuit)
    moved = Circuit(2, (*gates[:2], noise, *gates[2:]))
    assert "differs" in difference(moved, circuit)
    assert "noise" in difference(Circuit(2, tuple(gates)), circuit)


@pytest.mark.parametrize("seed", range(20))
def test_random_circuits_round_trip_through_texts(seed):
    circuit = random_circuit(np.random.default_rng(seed), 3, 20)
    kept = [op for op in circuit.operations if not isinstance(op, ops.PolynomialPhase | ops.PhasePower)]
    circuit = circuit.with_operations(tuple(kept))
    assert len(circuit.operations) > 10
    assert truly_equal(circuit, sf_script.from_sf_script(sf_script.to_sf_script(circuit)))
    assert truly_equal(circuit, cv_openqasm_reader.from_cv_openqasm(cv_openqasm.to_cv_openqasm(circuit)))


def test_the_qubit_version_reloads_with_its_comments():
    from qiskit import qasm3

    source = cell_circuit(1, 3, prepare=True)
    text = qubit_qasm.to_qubit_qasm(source)
    loaded = qasm3.loads(text)
    assert loaded.num_qubits == 3 * source.modes and loaded.num_clbits == 3
    assert text.startswith("// registers of 3 qubits")
    with pytest.raises(InputError, match="carries an input"):
        qubit_qasm.to_qubit_qasm(cell_circuit(1, 3))
    wide = Circuit(8, (ops.phase(Polynomial.monomial(tuple(range(8)), 0.1)),))
    with pytest.raises(CircuitError, match="found about 6561"):
        qubit_qasm.to_qubit_qasm(wide)


def test_the_table_reports_every_format():
    source = cell_circuit(2, 3, prepare=True)
    native = compile_circuit(source, load_profile("ideal-teleported"), options=SynthesisOptions(effort=0.0)).circuit
    found = {e.name: e for e in export(ExportInput(source, native))}
    assert list(found) == list(FORMATS)
    for form in found.values():
        skip_if_absent(form.outcome)
    refusals = {name for name, e in found.items() if e.text is None}
    assert refusals == {"xir", "mrmustard", "jaqal", "device"}
    assert all(found[name].outcome.startswith("refused: ") for name in refusals)
    texts = {e.file: e.text for e in found.values() if e.text is not None}
    assert not export_problems(texts, ExportInput(source, native))
    half = Circuit(native.modes, native.operations[:-1], native.ancillas)
    less = Circuit(source.modes, source.operations[:-1], source.ancillas)
    assert len(export_problems(texts, ExportInput(less, half))) == len(texts)
    with pytest.raises(InputError, match="--format must be program, strawberryfields"):
        export(ExportInput(source, native), ["qasm"])


ODD = {
    "no modes": Circuit(0),
    "no gates": Circuit(2),
    "a symbol": Circuit(1, (ops.Squeeze((0,), Polynomial.monomial(("w",))),), symbols=("w",)),
    "Kerr": Circuit(1, (ops.Kerr((0,), 0.1),)),
    "dephasing": Circuit(1, (ops.Dephasing((0,), 0.1),)),
    "a power": Circuit(1, (ops.PhasePower((0,), 4, 0.1),)),
}
SF = {
    "no modes": "needs at least one mode",
    "a symbol": r"symbols \['w'\] need values",
    "dephasing": "there is no channel of random rotations",
    "a power": "only the cubic power exists",
}
ODD_REFUSALS = {
    "program": {},
    "strawberryfields": SF,
    "blackbird": {**SF, "no gates": "contains no quantum operations"},  # Strawberry Fields loads neither again
    "xir": {**SF, "no gates": "The XIR program is empty", "a symbol": "need values"},
    "mrmustard": {
        "a symbol": r"symbols \['w'\] need values",
        "Kerr": "MrMustard has only Gaussian gates",
        "dephasing": "random rotations are not Gaussian",
        "a power": "MrMustard has only Gaussian gates",
    },
    "cv-openqasm": {
        "no modes": "a register needs at least one mode",
        "dephasing": "the language has no noise channels",
        "a power": "only the cubic power exists",
    },
    "openqasm3": {
        "a symbol": "r must be a number",
        **dict.fromkeys(("Kerr", "dephasing", "a power"), "position registers cannot carry it out"),
    },
    "jaqal": dict.fromkeys(ODD, "needs a profile of QSCOUT"),  # there is no profile here
    "device": dict.fromkeys(ODD, "is made from a profile"),
    "latex": {"no modes": "a drawing needs at least one mode"},
    "svg": {"no modes": "a drawing needs at least one mode"},
}
"""Why a format cannot hold an odd circuit; every other pair is written, and read back."""


@pytest.mark.parametrize("name", FORMATS)
def test_odd_circuits_are_refused_with_the_reason_or_written(name):
    assert set(ODD_REFUSALS) == set(FORMATS)
    for kind, circuit in ODD.items():
        given = ExportInput(circuit, circuit)
        (found,) = export(given, [name])
        skip_if_absent(found.outcome)
        if (reason := ODD_REFUSALS[name].get(kind)) is not None:
            assert found.text is None and re.match(f"refused: .*{reason}", found.outcome), (kind, found.outcome)
        else:
            assert found.text is not None and found.outcome.startswith("written, and "), (kind, found.outcome)
            assert export_problems({found.file: found.text}, given) == []
