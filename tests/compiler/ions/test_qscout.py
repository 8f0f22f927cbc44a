"""Layouts and calibrations of QSCOUT are checked, and the steps that it lacks have reasons."""

import json

import pytest
from ions_support import CALIBRATION, LAYOUT

from compiler.errors import InputError, NotMappableError
from compiler.exports.jaqal import read_jaqal, to_jaqal
from compiler.ions import SpinReadout
from compiler.ions.qscout import IonLayout, MotionalMode, read_calibration
from compiler.ions.qscout_steps import ABSENT, unmappable_steps
from compiler.ir import operations as ops
from compiler.ir.polynomial import Polynomial


def test_jaqal_refuses_with_reasons():
    everything = {
        ops.PrepareCubic((0,), 0.1, 1.0): "no cubic",
        ops.PrepareFock((0,), 1): "vacuum and squeezed states",
        ops.PrepareCat((0,), 1.0, 0.0, 0.0): "vacuum and squeezed states",
        ops.PrepareGKP((0,), 0.0, 0.0, 0.1): "vacuum and squeezed states",
        ops.PrepareKet((0, 1), 2, (0.0, 0.6, 0.8, 0.0)): "vacuum and squeezed states",
        ops.PrepareDensity((0,), 2, (0.5, 0.0, 0.0, 0.5)): "vacuum and squeezed states",
        ops.Rotation((0,), 0.1): "no phase rotation",
        ops.Shear((0,), 0.1): "no shear",
        ops.ControlledX((0, 1), 0.1): "between positions and momenta",
        ops.ControlledZ((0, 1), 0.1): "two-mode phase",
        ops.Interferometer((0,), ((1.0 + 0j,),)): "only the beamsplitter",
        ops.phase(Polynomial.monomial((0, 1, 2))): "several modes",
        ops.CubicPhase((0,), 0.1): "no cubic gate",
        ops.PhasePower((0,), 4, 0.1): "of a power",
        ops.Kerr((0,), 0.1): "no Kerr",
        ops.CrossKerr((0, 1), 0.1): "no cross-Kerr",
        ops.Homodyne((0,), 0.0, "m"): "no homodyne",
        ops.PostSelect((0,), 0.0, 0.1): "no outcome can be chosen",
        ops.PhotonCount((0,), "m"): "no photon counter",
        ops.Loss((0,), 0.9): "loss",
        ops.ThermalLoss((0,), 0.9, 0.1): "loss",
        ops.DisplacementNoise((0,), 0.1, 0.1): "noise",
        ops.Dephasing((0,), 0.1): "noise",
        ops.Squeeze((0,), 0.3): "no calibration is given for |r| = 0.3",
        ops.Squeeze((1,), 0.4): "only m1i1 can be squeezed",
        ops.BeamSplitter((0, 1), 0.2): "no calibration",
        ops.BeamSplitter((0, 2), 0.5): "acts on m0i1 and m1i1 only",
        ops.PrepareVacuum((2,)): "",
        ops.PrepareSqueezed((0,), 0.2): "no calibration",
        ops.Displacement((0,), 0.1, 0.1): "",
        ops.DisplacementReadout((0, 2), (0.1, 0.0), (0.0, 0.2), "d"): "",
    }
    assert {type(op) for op in everything} == set(ops.OPERATIONS.values())  # the table is total
    assert set(ABSENT) < set(ops.OPERATIONS.values())
    for op, reason in everything.items():
        found = unmappable_steps([op], LAYOUT, CALIBRATION)
        assert len(found) == (1 if reason else 0)
        for entry in found:
            assert reason in entry.reason and entry.relaxation and entry.operation.startswith(f"step 0 {op}")
    late = [ops.Displacement((0,), 0.1, 0.0), ops.PrepareVacuum((0,))]
    assert "no reset" in unmappable_steps(late, LAYOUT)[0].reason
    fed = ops.Displacement((0,), Polynomial.monomial(("m",)), 0.0)
    assert "earlier result" in unmappable_steps([fed], LAYOUT)[0].reason
    assert "places modes" in unmappable_steps([ops.Displacement((5,), 0.1, 0.0)], LAYOUT)[0].reason
    bit = SpinReadout.of_quadrature((0,), (1.0,), 1.0)
    assert len(unmappable_steps([bit, bit], LAYOUT)) == 0
    assert "every spin" in unmappable_steps([bit, bit, bit], LAYOUT)[0].reason
    assert "every spin" in unmappable_steps([bit, bit, ops.Displacement((0,), 0.1, 0.0)], LAYOUT)[0].reason
    assert "no calibration" in unmappable_steps([ops.Squeeze((0,), 0.4)], LAYOUT)[0].reason
    with pytest.raises(NotMappableError, match="not mappable to trapped-ion-qscout, because step 0 CubicPhase"):
        to_jaqal([ops.CubicPhase((0,), 0.1), ops.Homodyne((0,), 0.0, "m")], LAYOUT)


def test_layouts_and_calibrations_are_checked(tmp_path):
    for wrong in ("m2i1", "1i1", "m1", "m1i", "m1i-1"):
        with pytest.raises(InputError, match="named"):
            MotionalMode.parse(wrong)
    with pytest.raises(InputError, match="centre-of-mass"):
        IonLayout((MotionalMode(0, 0),))
    with pytest.raises(InputError, match=r"index 0\.\.2"):
        IonLayout((MotionalMode(0, 3),), ions=3)
    with pytest.raises(InputError, match="distinct ions"):
        IonLayout((), (0, 6))
    path = tmp_path / "calibration.json"
    good = {
        "format": "khrnn-qscout-calibration",
        "version": 1,
        "squeezers": [{"r": 0.4, "blue_red_ratio": 0.7}],
        "beam_splitters": [
            {"theta": 0.5, "phi": 0, "qubit": 0, "detuning1": 1e3, "detuning2": 2e3, "duration": 30, "phase": 0.1}
        ],
    }
    path.write_text(json.dumps(good))
    assert read_calibration(path) == CALIBRATION
    for change, message in (
        ({"squeezers": [{"r": 0.4}]}, "exactly the keys"),
        ({"squeezers": {}}, "must be a list"),
        ({"ramps": []}, "unknown key"),
        ({"version": 2}, "version"),
        ({"beam_splitters": [{**good["beam_splitters"][0], "qubit": 2}]}, "must be one of"),
    ):
        path.write_text(json.dumps({**good, **change}))
        with pytest.raises(InputError, match=message):
            read_calibration(path)
    with pytest.raises(InputError, match="cannot read"):
        read_jaqal("register q[1]\nsubcircuit {\n unknown q[0]\n}\n")
    with pytest.raises(InputError, match="one subcircuit"):
        read_jaqal("register q[1]\n")
