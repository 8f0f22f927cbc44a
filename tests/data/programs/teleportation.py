"""State teleportation: Alice sends a coherent state to Bob, who corrects it by her two readouts.

The pair on modes 1 and 2 has x_2 - x_1 = sqrt(2) x_s and p_1 + p_2 = sqrt(2) p_s with squeezed x_s, p_s. Alice reads
m_0 = (x_0 - x_1) / sqrt(2) and m_1 = (p_0 + p_1) / sqrt(2), so that x_2 + sqrt(2) m_0 = x_0 + sqrt(2) x_s, and likewise
for p.
"""

import numpy as np
import strawberryfields as sf
from numpy import pi, sqrt
from strawberryfields.ops import *

prog = sf.Program(3, name="teleportation")

alpha = 0.8 - 0.3j
r = np.abs(alpha)
phi = np.angle(alpha)

with prog.context as q:
    message, alice, bob = q

    Coherent(r, phi) | message
    Squeezed(-2) | alice
    Squeezed(2) | bob
    BSgate(pi / 4, 0) | (alice, bob)

    BSgate(pi / 4) | (q[0], q[1])
    MeasureX | q[0]
    MeasureP | q[1]

    Xgate(sqrt(2) * q[0].par) | q[2]
    Zgate(sqrt(2) * q[1].par) | q[2]

eng = sf.Engine("gaussian")
result = eng.run(prog, shots=1)
fidelity = result.state.fidelity_coherent([0, 0, alpha])
print("samples", result.samples, "fidelity", fidelity)
