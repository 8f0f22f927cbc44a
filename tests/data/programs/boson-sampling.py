"""Boson sampling: three photons in four modes of a network of beamsplitters, and a counter behind each."""

import strawberryfields as sf
from strawberryfields.ops import BSgate, Fock, MeasureFock, Rgate, Vac

photons = [1, 1, 0, 1]
phases = (0.45, -1.2, 2.05, 0.3)
splitters = [
    (0, 1, 0.61, 0.4),
    (2, 3, 1.05, -0.7),
    (1, 2, 0.35, 1.9),
    (0, 1, 0.9, -0.2),
    (2, 3, 0.15, 0.8),
    (1, 2, 1.3, 0.05),
]

prog = sf.Program(len(photons))
with prog.context as q:
    for m, n in enumerate(photons):
        if n > 0:
            Fock(n) | q[m]
        else:
            Vac | q[m]
    for wire, phase in zip(q, phases):
        Rgate(phase) | wire
    for a, b, theta, phi in splitters:
        BSgate(theta, phi) | (q[a], q[b])
    MeasureFock() | q

eng = sf.Engine(backend="fock", backend_options={"cutoff_dim": 5})
samples = eng.run(prog).samples
