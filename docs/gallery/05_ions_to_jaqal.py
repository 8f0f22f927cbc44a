"""
From a hyperedge to Jaqal for trapped ions
==========================================

Trapped ions have no cubic gate. A hyperedge of three motional modes becomes four sequences of spin rotations
and spin-dependent displacements, each with a certified error, and then a Jaqal program for the QSCOUT
machine. JaqalPaq reads the text again before it is returned.
"""

import matplotlib.pyplot as plt
import numpy as np

from compiler.exports.jaqal import to_jaqal
from compiler.ions import compile_edge, find_sequence
from compiler.ions.qscout import IonLayout, MotionalMode

EXTENT = 4.0
program = compile_edge((0, 1, 2), 0.3, extent=EXTENT, error=1e-2)
print(f"{len(program.gates)} sequences, {program.displacements} displacements, error at most {program.error_bound:.1e}")

layout = IonLayout((MotionalMode(1, 1), MotionalMode(0, 1), MotionalMode(0, 2)))
text = to_jaqal(program.gates, layout)
print("\n".join(line[:100] for line in text.splitlines()[:12]), "\n...")

# %%
# One of the four cubic phases f(s), where s is a combination of the three positions. Left: the phase that the
# spin picks up. Right: the error of sequences with more and more pulses; each certificate is an upper bound.

phase = program.gates[0].direction.phase
s = np.linspace(-EXTENT, EXTENT, 801)
target = phase.value(s)
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.3), layout="constrained")
left.plot(s, target, color="#1b1f24", linewidth=3, alpha=0.3, label="ideal")
short = [find_sequence(phase, EXTENT, pulses) for pulses in (3, 5)]
for found, color in zip((*short, program.gates[0].synthesised), ("#c8501e", "#2f7d4f", "#2563a8"), strict=True):
    pulses = found.sequence.pulses
    stays, leaks = found.sequence.amplitudes(s)
    error = np.sqrt(np.abs(stays - np.exp(1j * target)) ** 2 + np.abs(leaks) ** 2)
    left.plot(s, target + np.angle(stays * np.exp(-1j * target)), color=color, linewidth=1, label=f"{pulses} pulses")
    right.semilogy(s, error, color=color, linewidth=1)
    right.axhline(found.error.sup_norm, color=color, linestyle=":")
left.set(xlabel="s", ylabel="phase, rad")
left.legend(frameon=False, fontsize=8)
right.set(xlabel="s", ylabel="error (dotted: certified bound)", ylim=(1e-5, 1))
plt.show()
