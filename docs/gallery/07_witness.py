"""
A contextual task on qumodes
============================

Three squeezed modes, joined by edges, break an inequality that every noncontextual model obeys (S is at most
2.83), if displacements are read by bits. The figure shows how much squeezing it takes and what loss does.
Lines are the closed form. Points are S from the branch simulator, which runs the four circuits.
"""

import matplotlib.pyplot as plt
import numpy as np

from compiler import Circuit, Polynomial, operations, phase
from qumode_khrnn.witness.law import decibels, value_at
from qumode_khrnn.witness.triangle import Triangle
from simulations.branches.run import probabilities


def simulated(r: float, loss: float) -> float:
    """Return S from the probabilities of the four bits, one for each context."""
    state = (
        *(operations.PrepareSqueezed((mode,), -r) for mode in range(3)),
        *(phase(Polynomial.monomial(edge)) for edge in ((0, 1), (0, 2), (1, 2))),
        *(operations.Loss((mode,), 1.0 - loss) for mode in range(3)),
    )
    total = 0.0
    for context in Triangle().contexts():
        read = context.displacement
        law = probabilities(
            Circuit(3, (*state, operations.DisplacementReadout((0, 1, 2), read.alpha, read.beta, "bit")))
        )
        total += context.coefficient * context.sign * (law[1,] - law[-1,])
    return total


# %%
# With 10 % of loss no squeezing is enough.

squeezing = np.linspace(0.0, 2.0, 81)
figure, axis = plt.subplots(figsize=(5, 3.4), layout="constrained")
for loss, color in ((0.0, "#1b1f24"), (0.02, "#2f7d4f"), (0.05, "#2563a8"), (0.1, "#c8501e")):
    values = [value_at(1.0, r, loss) for r in squeezing]
    axis.plot([decibels(r) for r in squeezing], values, color=color, label=f"loss {100 * loss:g} %")
    dots = (0.4, 0.8, 1.2, 1.6)
    axis.plot([decibels(r) for r in dots], [simulated(r, loss) for r in dots], "o", markersize=4, color=color)
axis.axhline(2 * np.sqrt(2), color="#8a929c", linestyle=":")
axis.text(9.5, 2.71, "noncontextual models stay below", fontsize=8, color="#5b636d")
axis.set(xlabel="squeezing, dB", ylabel="S", ylim=(1.2, 4.05))
axis.legend(frameon=False, fontsize=8)
plt.show()
