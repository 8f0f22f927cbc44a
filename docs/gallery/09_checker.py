"""
A checker that finds one wrong gate
===================================

Every compiled circuit is compared with its source. Here one cubic phase gate of a compiled circuit is changed by
a small factor, and the same comparison is made again. The residual of the compiled circuit is rounding. Changes
of one part in 10^10 and more are found.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from compiler import Circuit, compare, compile_circuit, operations
from hardware_profiles import load_profile
from qumode_khrnn import random_hypergraph, state_circuit

graph = random_hypergraph(6, 3, np.random.default_rng(1))
program = compile_circuit(state_circuit(graph, squeezing=1.0), load_profile("ideal-cubic"))
print(f"{program.resources.counts['cubic_phase']} cubic gates, residual {program.verification.residual:.0e}")


def changed(circuit: Circuit, factor: float) -> Circuit:
    """Return the circuit with the strength of its first cubic gate multiplied by a factor."""
    at = next(i for i, op in enumerate(circuit.operations) if isinstance(op, operations.CubicPhase))
    gate = circuit.operations[at]
    other = replace(gate, gamma=gate.gamma * factor)
    return circuit.with_operations((*circuit.operations[:at], other, *circuit.operations[at + 1 :]))


# %%
# The residual grows in proportion to the change. Filled dots are refused, open dots are accepted as equal.

changes = 10.0 ** np.arange(-15, 0)
verdicts = [compare(program.source, changed(program.circuit, 1.0 + change)) for change in changes]
figure, axis = plt.subplots(figsize=(5, 3.2), layout="constrained")
for change, verdict in zip(changes, verdicts, strict=True):
    fill = "white" if verdict.equivalent else "#c8501e"
    axis.loglog(change, max(verdict.residual, 1e-17), "o", color="#c8501e", markerfacecolor=fill)
axis.axhline(verdicts[0].tolerance, color="#8a929c", linestyle=":", label="tolerance")
axis.set(xlabel="relative change of one cubic gate", ylabel="residual of the comparison")
axis.legend(frameon=False)
plt.show()
