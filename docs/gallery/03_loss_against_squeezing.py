"""
Loss against squeezing
======================

More squeezing makes a hypergraph state better, until loss turns the large anti-squeezed positions into noise.
The variance of the nullifier ``p0 - w x1 x2`` is known in closed form, so that the best squeezing can be read
off for every loss.
"""

import matplotlib.pyplot as plt
import numpy as np

from compiler import Circuit, Polynomial, operations, phase
from simulations.exact import moments

WEIGHT = 0.3


def nullifier_variance(r: float, loss: float) -> float:
    """Return the variance of ``p0 - w x1 x2`` if every mode loses a share of its light before it is read."""
    circuit = Circuit(
        3,
        (
            *(operations.PrepareSqueezed((mode,), -r) for mode in range(3)),
            phase(Polynomial.monomial((0, 1, 2), WEIGHT)),
            *(operations.Loss((mode,), 1.0 - loss) for mode in range(3)),
            operations.Homodyne((0,), np.pi / 2, "p0"),
            *(operations.Homodyne((mode,), 0.0, f"x{mode}") for mode in (1, 2)),
        ),
    )
    nullifier = Polynomial.monomial(("p0",)) - Polynomial.monomial(("x1", "x2"), WEIGHT)
    return moments(circuit, {"nullifier": nullifier}).of("nullifier")[1]


# %%
# Dots mark the best squeezing for each loss. Below the dotted line a state is better than three modes in the
# vacuum.

squeezing = np.linspace(0.0, 1.5, 31)
figure, axis = plt.subplots(figsize=(5, 3.4), layout="constrained")
for loss, color in ((0.0, "#1b1f24"), (0.01, "#2f7d4f"), (0.05, "#2563a8"), (0.2, "#c8501e")):
    variances = np.array([nullifier_variance(r, loss) for r in squeezing])
    decibels = 20 * squeezing / np.log(10)
    axis.semilogy(decibels, variances, color=color, label=f"{100 * loss:g} % of the light lost")
    if loss:
        axis.plot(decibels[variances.argmin()], variances.min(), "o", color=color)
axis.axhline(1.0, color="#8a929c", linestyle=":")
axis.set(xlabel="squeezing of every mode, dB", ylabel="variance of the nullifier (vacuum: 1)")
axis.legend(frameon=False, fontsize=8)
plt.show()
