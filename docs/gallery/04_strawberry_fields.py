"""
A program from Strawberry Fields
================================

A program of Strawberry Fields is read as it is and simulated without a Fock cutoff. The program holds a cubic
phase gate, for which a truncated Fock basis converges slowly: the figure shows how far its answer is from the
exact one as the cutoff grows.
"""

import matplotlib.pyplot as plt
import numpy as np

from compiler.imports.objects import circuit_of
from compiler.imports.strawberryfields.package import strawberryfields
from simulations.exact import moments

sf = strawberryfields()  # as "import strawberryfields as sf", with new versions of scipy too

GAMMA = 0.3


def cubic_state(read: bool) -> sf.Program:
    """Return a program: a squeezed mode, a cubic phase gate, and a homodyne readout of p if it is asked for."""
    program = sf.Program(1)
    with program.context as q:
        sf.ops.Squeezed(-0.4) | q[0]
        sf.ops.Vgate(GAMMA) | q[0]
        if read:
            sf.ops.MeasureP | q[0]
    return program


circuit = circuit_of(cubic_state(read=True))
exact = moments(circuit).of(circuit.results[0])[1]
print(f"exact variance of p: {exact:.6f}")

# %%
# The same number from the Fock engine of Strawberry Fields.

cutoffs = [6, 10, 15, 20, 30, 40]
variances = []
for cutoff in cutoffs:
    state = sf.Engine("fock", backend_options={"cutoff_dim": cutoff}).run(cubic_state(read=False)).state
    variances.append(state.quad_expectation(0, np.pi / 2)[1] / state.trace())

figure, axis = plt.subplots(figsize=(5, 3.2), layout="constrained")
axis.semilogy(cutoffs, np.abs(np.array(variances) / exact - 1), "o-", color="#c8501e", label="Fock basis")
axis.axhline(1e-2, color="#8a929c", linestyle=":", label="1 %")
axis.set(xlabel="Fock cutoff", ylabel="relative error of the variance of p")
axis.legend(frameon=False)
plt.show()
