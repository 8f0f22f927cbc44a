"""Teleportation of the gate F P(s) F onto a squeezed state, along a chain of two momentum-squeezed modes.

Reading the momenta m_0, m_1 of the first two modes leaves X(m_1) F P(s) X(m_0) F |z> on the third, and the
displacements are undone: F P(s) X(m_0) = Z(m_0) X(-s m_0) F P(s).
"""

import strawberryfields as sf
from strawberryfields import ops

modes = 3
shear = 0.5

chain = sf.Program(modes)
with chain.context as q:
    ops.Squeezed(0.1) | q[0]
    for mode in range(1, modes):
        ops.Squeezed(-2.0) | q[mode]
    ops.Pgate(shear) | q[1]

    for left in range(modes - 1):
        ops.CZgate(1) | (q[left], q[left + 1])

    ops.Fourier.H | q[0]
    ops.MeasureX | q[0]
    ops.MeasureP | q[1]

    ops.Xgate(shear * q[0].par - q[1].par) | q[2]
    ops.Zgate(-q[0].par) | q[2]

state = sf.Engine("gaussian").run(chain).state
print(state.reduced_gaussian([2]))
