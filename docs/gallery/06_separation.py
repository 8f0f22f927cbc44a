"""
The separation: triple probes
=============================

In HSMT a model hears which hyperedges are written into a state of n modes, and then answers questions about
it. Some answers are impossible. A triple probe asks three questions, and a model that remembers too little
cannot give answers to them that fit together. The figure shows the share of triple probes with an impossible
answer, for k = 2 over bits.
"""

import matplotlib.pyplot as plt
import numpy as np

from qumode_khrnn.hsmt.language import ProbeKind
from qumode_khrnn.hsmt.models import find_model
from qumode_khrnn.hsmt.score import wilson
from qumode_khrnn.separation.examination import cross_examine, situation

PROBES = 300
SIZES = (4, 6, 8, 12, 16)
MODELS = {
    "ideal": ("ideal network: n qubits", "o", "#2563a8"),
    "pair": ("pair model: about n$^2$/2 bits", "s", "#2f7d4f"),
    "phase-space-sampler": ("phase-space sampler: 2n bits", "^", "#c8501e"),
    "coin": ("coin: no memory", "x", "#8a929c"),
}

figure, axis = plt.subplots(figsize=(5.4, 3.4), layout="constrained")
for shift, (name, (label, marker, color)) in zip((-0.15, -0.05, 0.05, 0.15), MODELS.items(), strict=True):
    model, amount = find_model(name)
    shares, intervals = [], []
    for n in SIZES:
        tallies = cross_examine(model, situation(model, n, 2, amount), ProbeKind.TRIPLE, range(PROBES), seed=1)
        share = tallies[ProbeKind.TRIPLE].violations / PROBES
        shares.append(share)
        intervals.append(wilson(share, PROBES))
    low, high = np.array(intervals).T
    errors = np.abs(np.array([shares - low, high - shares]))
    axis.errorbar(np.array(SIZES) + shift, shares, errors, fmt=marker, color=color, label=label, capsize=2)
    print(f"{name:20}", " ".join(f"n = {n}: {share:.3f}" for n, share in zip(SIZES, shares, strict=True)))
axis.axhline(3 / 16, color="#c8501e", linewidth=0.7, linestyle=":")
axis.axhline(1 / 3, color="#8a929c", linewidth=0.7, linestyle=":")
axis.set(xlabel="modes n", ylabel="impossible answers, share of triple probes", ylim=(-0.02, 0.62))
axis.legend(frameon=False, fontsize=8)
plt.show()

# %%
# Bars are 95 % intervals. Dotted lines are the exact shares: 1/3 for every model whose answers do not depend
# on what was written, and 3/16 for the phase-space sampler.
