import strawberryfields as sf
from strawberryfields import ops

prog = sf.Program(3)
gamma = 0.2

with prog.context as q:
    for mode in q:
        ops.Squeezed(-0.5) | mode
    ops.CZgate(0.6) | (q[0], q[1])
    ops.CXgate(-0.4) | (q[0], q[2])
    for mode, strength in enumerate((gamma, -gamma / 2), start=1):
        ops.Vgate(strength) | q[mode]
    ops.MeasureX | q[0]
    ops.MeasureP | q[1]
    ops.MeasureP | q[2]
