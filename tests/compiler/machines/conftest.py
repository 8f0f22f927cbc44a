"""A program on ions that several tests read."""

from __future__ import annotations

import pytest
from machines_support import IONS, QUICK, state

from compiler.pipeline import CompiledProgram, compile_circuit
from hardware_profiles import load_profile


@pytest.fixture(scope="session")
def on_ions() -> CompiledProgram:
    profile = load_profile("trapped-ion-motional")
    return compile_circuit(state(4, 3, 0.3), profile, options=QUICK, settings=IONS)
