"""Random programs that a compiler of Strawberry Fields accepts, and the same programs with one number changed.

Left out is what a compiler changes by itself (tests of their own confirm each with an engine): inverses in
``gaussian_unitary`` and ``passive``, which ignore them; `MZgate.H`, on which engines disagree; pure `Gaussian` states
that are squeezed in p; the triangular mesh. Results enter only gates whose compiled parameters stay polynomials.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from strawberryfields_programs import forget_symbols, haar, symplectic_matrix

from compiler.imports.strawberryfields import strawberryfields

COMPILERS = ("fock", "gaussian", "gaussian_unitary", "passive", "bosonic")

Step = tuple[str, tuple[int, ...], tuple[Any, ...], dict[str, Any], bool]
"""Name, modes, arguments, keywords, whether it is the inverse; a text ``q1`` among the arguments is a result."""

PASSIVE = ("Rgate", "BSgate", "MZgate", "sMZgate", "Interferometer")
UNITARY = (*PASSIVE, "Dgate", "Xgate", "Zgate", "Sgate", "Pgate", "Fouriergate", "S2gate", "CXgate", "CZgate")
MATRICES = ("GaussianTransform", "GraphEmbed", "BipartiteGraphEmbed")
PREPARATIONS = ("Vacuum", "Coherent", "Squeezed", "DisplacedSqueezed", "Thermal")
STATES = ("Fock", "Catstate", "GKP", "Ket", "DensityMatrix")
READOUTS = ("MeasureHomodyne", "select", "MeasureFock")

KNOWN: dict[str, tuple[str, ...]] = {
    "fock": (
        *UNITARY,
        *MATRICES,
        *PREPARATIONS,
        "Gaussian",
        *STATES,
        *READOUTS,
        "LossChannel",
        "Vgate",
        "Kgate",
        "CKgate",
    ),
    "gaussian": (
        *UNITARY,
        *MATRICES,
        *PREPARATIONS,
        "Gaussian",
        *READOUTS,
        "MeasureHeterodyne",
        "LossChannel",
        "ThermalLossChannel",
        "PassiveChannel",
    ),
    "gaussian_unitary": (*UNITARY, *MATRICES),
    "passive": (*PASSIVE, "LossChannel", "PassiveChannel"),
    "bosonic": (
        *(name for name in UNITARY if name not in ("Interferometer", "sMZgate")),
        *PREPARATIONS,
        "Gaussian",
        *STATES,
        "MeasureHomodyne",
        "select",
        "MeasureHeterodyne",
        "LossChannel",
        "ThermalLossChannel",
        "MSgate",
    ),
}
"""Operations that the programs for each compiler are made of; ``select`` is a post-selected homodyne readout."""

TWO = ("BSgate", "MZgate", "sMZgate", "S2gate", "CXgate", "CZgate", "CKgate")
INVERTIBLE = ("Rgate", "BSgate", "sMZgate", "Dgate", "Xgate", "Zgate", "Sgate", "Pgate", "Fouriergate", "S2gate")
INVERTIBLE += ("CXgate", "CZgate", "Vgate", "Kgate", "CKgate")
FED = ("Rgate", "BSgate", "Dgate", "Xgate", "Zgate", "Sgate", "S2gate", "Vgate")
"""Gates whose compiled parameters are polynomials in the results that enter them."""

LAST = {"passive": "BSgate"}
"""The gate that ends a program and shows a change of its parameter whatever came before; otherwise Dgate."""


def random_steps(rng: np.random.Generator, compiler: str, modes: int, length: int) -> list[Step]:
    """A program for a compiler; the last step is a gate on modes that are there."""
    steps = []
    read: list[int] = []
    for _ in range(length):
        name = str(rng.choice(KNOWN[compiler]))
        steps.append(_step(rng, name, compiler, modes, read))
        if steps[-1][0] in ("MeasureHomodyne", "MeasureFock"):
            read += steps[-1][1]
        if steps[-1][0] == "MeasureHeterodyne":
            read = [mode for mode in read if mode not in steps[-1][1]]  # its result is complex
    steps.append(_step(rng, LAST.get(compiler, "Dgate"), compiler, modes, []))
    return steps


def _step(rng: np.random.Generator, name: str, compiler: str, modes: int, read: list[int]) -> Step:
    order = [int(m) for m in rng.permutation(modes)]
    count = 2 if name in TWO else 1
    if name in ("Interferometer", "GaussianTransform", "GraphEmbed", "Gaussian", "PassiveChannel"):
        count = int(rng.integers(1, modes + 1))
    if name == "BipartiteGraphEmbed":
        count = 2 * int(rng.integers(1, modes // 2 + 1))
    if name in ("MeasureFock", "Ket", "DensityMatrix"):
        count = int(rng.integers(1, 3))
    if compiler == "bosonic" and name in ("Ket", "DensityMatrix"):
        count = 1
    on = tuple(order[:count])
    kind = {"select": "MeasureHomodyne"}.get(name, name)
    args, keywords = ARGUMENTS[name](rng, count) if name in ARGUMENTS else ((), {})
    fed = [mode for mode in read if mode not in on]
    if name in FED and fed and rng.random() < 0.4:
        args = (f"q{rng.choice(fed)}", *args[1:])
    inverse = name in INVERTIBLE and compiler not in ("gaussian_unitary", "passive") and bool(rng.random() < 0.3)
    return kind, on, args, keywords, inverse


def _numbers(count: int, size: float = 0.5) -> Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]:
    return lambda rng, modes: (tuple(float(v) for v in rng.uniform(0.1, 1.0, count) * size * rng.choice((-1, 1))), {})


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1 << 30))


def _graph(rng: np.random.Generator, modes: int) -> np.ndarray:
    half = rng.uniform(0.2, 1.0, (modes, modes))
    return half + half.T


def _covariance(rng: np.random.Generator, modes: int) -> np.ndarray:
    s = symplectic_matrix(modes, _seed(rng))
    nu = 1.0 + rng.uniform(0.5, 1.0, modes)
    return s @ np.diag(np.concatenate([nu, nu])) @ s.T


def _lossy(rng: np.random.Generator, modes: int) -> np.ndarray:
    return haar(modes, _seed(rng)) @ np.diag(rng.uniform(0.5, 1.0, modes)) @ haar(modes, _seed(rng))


def _ket(rng: np.random.Generator, modes: int) -> np.ndarray:
    out = rng.normal(size=(3,) * modes) + 1j * rng.normal(size=(3,) * modes)
    return out / np.linalg.norm(out)


def _density(rng: np.random.Generator, modes: int) -> np.ndarray:
    size = 3**modes
    half = rng.normal(size=(size, 2)) + 1j * rng.normal(size=(size, 2))
    rho = half @ half.conj().T
    order = [axis for m in range(modes) for axis in (m, modes + m)]
    return (rho / np.trace(rho)).reshape((3,) * (2 * modes)).transpose(order)


ARGUMENTS: dict[str, Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "Rgate": _numbers(1, 3.0),
    "BSgate": _numbers(2, 3.0),
    "MZgate": _numbers(2, 3.0),
    "sMZgate": _numbers(2, 3.0),
    "Dgate": _numbers(2),
    "Xgate": _numbers(1),
    "Zgate": _numbers(1),
    "Sgate": _numbers(2),
    "Pgate": _numbers(1),
    "S2gate": _numbers(2),
    "CXgate": _numbers(1),
    "CZgate": _numbers(1),
    "Vgate": _numbers(1, 0.3),
    "Kgate": _numbers(1),
    "CKgate": _numbers(1),
    "Coherent": _numbers(2),
    "Squeezed": _numbers(2),
    "DisplacedSqueezed": _numbers(4),
    "Thermal": lambda rng, modes: ((float(rng.uniform(0.1, 1.0)),), {}),
    "Interferometer": lambda rng, modes: ((haar(modes, _seed(rng)),), {}),
    "GaussianTransform": lambda rng, modes: ((symplectic_matrix(modes, _seed(rng)),), {}),
    "GraphEmbed": lambda rng, modes: ((_graph(rng, modes),), {"mean_photon_per_mode": 0.3}),
    "BipartiteGraphEmbed": lambda rng, modes: (
        (rng.uniform(0.2, 1.0, (modes // 2, modes // 2)), 0.3),
        {"edges": True},
    ),
    "Gaussian": lambda rng, modes: ((_covariance(rng, modes), rng.normal(size=2 * modes)), {}),
    "PassiveChannel": lambda rng, modes: ((_lossy(rng, modes),), {}),
    "LossChannel": lambda rng, modes: ((float(rng.uniform(0.4, 0.95)),), {}),
    "ThermalLossChannel": lambda rng, modes: ((float(rng.uniform(0.4, 0.95)), float(rng.uniform(0.1, 1.0))), {}),
    "MSgate": lambda rng, modes: (
        (float(rng.normal() * 0.4), float(rng.normal()), float(rng.uniform(0.5, 2.0)), float(rng.uniform(0.5, 1.0))),
        {"avg": bool(rng.random() < 0.5)},
    ),
    "MeasureHomodyne": _numbers(1, 3.0),
    "select": lambda rng, modes: ((float(rng.normal()),), {"select": float(rng.normal() * 0.3)}),
    "Fock": lambda rng, modes: ((int(rng.integers(0, 4)),), {}),
    "Catstate": _numbers(3),
    "GKP": lambda rng, modes: ((), {"state": [float(v) for v in rng.uniform(0, 2, 2)], "epsilon": 0.2}),
    "Ket": lambda rng, modes: ((_ket(rng, modes),), {}),
    "DensityMatrix": lambda rng, modes: ((_density(rng, modes),), {}),
}


def program_of(steps: list[Step], modes: int) -> Any:
    """The steps as a `strawberryfields.Program`."""
    sf = strawberryfields()
    forget_symbols()
    program = sf.Program(modes)
    with warnings.catch_warnings(), program.context as q:
        warnings.simplefilter("ignore")
        for name, on, args, keywords, inverse in steps:
            values = [0.4 * q[int(a[1:])].par if isinstance(a, str) else a for a in args]
            op = getattr(sf.ops, name)(*values, **keywords)
            (op.H if inverse else op) | [q[m] for m in on]
    return program


def changed(steps: list[Step], place: int) -> list[Step]:
    """The steps with the first number of one of them larger by 0.01."""
    name, on, args, keywords, inverse = steps[place]
    return [*steps[:place], (name, on, (args[0] + 0.01, *args[1:]), keywords, inverse), *steps[place + 1 :]]


def compiled(program: Any, compiler: str) -> Any:
    """What a compiler of Strawberry Fields makes of a program."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return program.compile(compiler=compiler)
