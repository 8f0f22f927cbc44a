"""
Compile a hyperedge
===================

Three squeezed modes and one hyperedge of weight w: the gate ``exp(i w x0 x1 x2 / hbar)`` adds ``w x1 x2`` to
the momentum of mode 0. The compiler writes the gate as four cubic phase gates between beamsplitters, and
proves that both are equal. The figure shows that the momentum of mode 0 follows the product of the
other two positions, without loss and with the loss of a photonic chip.
"""

import matplotlib.pyplot as plt
import numpy as np

from compiler import compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn import Hyperedge, Hypergraph, state_circuit
from simulations.backends import Noise, run

WEIGHT = 0.3
profile = load_profile("photonic-cubic")
graph = Hypergraph(3, (Hyperedge((0, 1, 2), WEIGHT),))
program = compile_circuit(state_circuit(graph, squeezing=1.0), profile)

print(program.resources.counts)
print(f"equal to its source: {program.verification.equivalent}, residual {program.verification.residual:.0e}")

# %%
# A notebook shows the program by itself: its costs, its proof, and the native circuit. Every circuit, profile,
# hypergraph and result can be drawn in this way, and ``draw("triangle.svg")`` also writes a file.

program.draw()

# %%
# Each point is one shot: the readout of p0 against the product of the readouts of x1 and x2. On the line the
# nullifier ``p0 - w x1 x2`` is zero.

figure, axes = plt.subplots(1, 2, figsize=(7, 3), sharex=True, sharey=True, layout="constrained")
for axis, noise, title in zip(
    axes, (None, Noise(profile)), ("without loss", f"with the loss of {profile.name}"), strict=True
):
    shots = run(program.circuit, 2000, noise, np.random.default_rng(1)).results
    product = shots["x1"] * shots["x2"]
    axis.plot(product, shots["p0"], ".", markersize=2, color="#2563a8", alpha=0.5)
    axis.plot([-40, 40], [-40 * WEIGHT, 40 * WEIGHT], color="#c8501e", linewidth=1)
    spread = np.var(shots["p0"] - WEIGHT * product)
    axis.set(
        title=f"{title}\nvariance of the nullifier {spread:.2f}", xlabel="$x_1 x_2$", xlim=(-40, 40), ylim=(-14, 14)
    )
    axis.title.set_fontsize(9)
axes[0].set_ylabel("$p_0$")
plt.show()
