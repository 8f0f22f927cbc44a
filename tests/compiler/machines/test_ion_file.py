"""Numbers and readouts in a file of pulses are bounded and belong to its circuit."""

from __future__ import annotations

import json

import pytest

from compiler.errors import InputError
from compiler.files import json_text
from compiler.machines import check_native


@pytest.mark.parametrize(
    "changes",
    [
        {"deviations": 0.5},
        {"error": 2.0},
        {"input_r": -5.0},
        {"sequences.0.sup_norm": 3.0},
        {"sequences.0.extent": 1e300},
        {"sequences.0.operation": "4"},
        {"readouts.0.kappa": 0.0},
        {"readouts.0.kappa": 1e9},
        {"approved": True},
    ],
)
def test_numbers_of_pulses_are_bounded(on_ions, changes):
    assert on_ions.layout is not None
    data = json.loads(on_ions.layout.text)
    for path, value in changes.items():
        *parents, last = path.split(".")
        inner = data
        for key in parents:
            inner = inner[int(key) if key.isdigit() else key]
        inner[last] = value
    with pytest.raises(InputError, match=r"^ions\.json: "):
        check_native(on_ions.circuit, on_ions.profile, json_text(data))


def test_readouts_of_the_spin_are_those_of_the_circuit(on_ions):
    assert on_ions.layout is not None
    data = json.loads(on_ions.layout.text)
    for extra in ({"result": "nothing", "kappa": 1.0}, data["readouts"][0]):
        broken = json_text({**data, "readouts": [*data["readouts"], extra]})
        assert check_native(on_ions.circuit, on_ions.profile, broken)
