"""A program has the layout file of its own machine and no other."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from machines_support import line

from compiler.artifact import check_artifact, write_artifact
from compiler.errors import NotMappableError
from compiler.files import json_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines.layout import ION_FILE, SITES
from compiler.template import compile_template
from hardware_profiles import load_profile


def test_templates_are_for_machines_where_all_modes_meet():
    for profile in (line(5), load_profile("mqc3-quadrail")):
        with pytest.raises(NotMappableError, match="places a program as a whole"):
            compile_template(
                Circuit(2, (ops.ControlledZ((0, 1), Polynomial.monomial(("w",))),), symbols=("w",)), profile
            )


def test_layouts_must_be_there_and_be_the_machines_own(on_ions, tmp_path):
    """Also when all digests are made anew."""
    write_artifact(tmp_path, on_ions)
    kept = (tmp_path / ION_FILE).read_text()

    def problems() -> str:
        claimed = json.loads((tmp_path / "certificate.json").read_text())
        names = {p.name for p in tmp_path.iterdir()} - {"certificate.json", "resources.json"}
        claimed["sha256"] = {name: sha256((tmp_path / name).read_bytes()).hexdigest() for name in sorted(names)}
        del claimed["digest"]
        claimed["digest"] = sha256(json_text(claimed).encode()).hexdigest()
        (tmp_path / "certificate.json").write_text(json_text(claimed))
        return "; ".join(check_artifact(tmp_path).problems)

    assert problems() == ""
    (tmp_path / ION_FILE).unlink()
    assert problems() == f"{ION_FILE} is missing: programs for trapped-ion-motional have it"
    (tmp_path / ION_FILE).write_text(kept)
    (tmp_path / SITES).write_text(kept)
    assert problems() == f"{SITES} does not belong to a program for trapped-ion-motional"
