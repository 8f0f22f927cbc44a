"""A program of 4 modes for Strawberry Fields 0.23, hbar = 2; ancillas: 3.

Run it with an engine: sf.Engine(..).run(program). A comment behind a measurement is the name of its result.
"""

import strawberryfields as sf
from strawberryfields import ops

program = sf.Program(4, name="khrnn")

with program.context as q:
    ops.Squeezed(-1.0) | q[0]
    ops.Squeezed(-1.0) | q[1]
    ops.Squeezed(-1.0) | q[2]
    ops.BSgate(0.7853981633974483, 0.0) | (q[1], q[2])
    ops.BSgate(-0.9553166181245093, 0.0) | (q[0], q[2])
    ops.Squeezed(-1.727) | q[3]
    ops.Vgate(0.1948557158514987) | q[3]
    ops.BSgate(-1.0172219678978514, 0.0) | (q[0], q[3])
    ops.Sgate(0.48121182505960347) | q[0]
    ops.Sgate(-0.48121182505960347) | q[3]
    ops.BSgate(0.5535743588970452, 0.0) | (q[0], q[3])
    ops.MeasureHomodyne(0.0) | q[3]  # cubic0
    ops.Pgate(-0.3897114317029974 * q[3].par) | q[0]
    ops.Zgate(-0.1948557158514987 * q[3].par**2) | q[0]
    ops.BSgate(1.9106332362490186, 0.0) | (q[0], q[2])
    ops.Squeezed(-1.727) | q[3]
    ops.Vgate(0.1948557158514987) | q[3]
    ops.BSgate(-1.0172219678978514, 0.0) | (q[0], q[3])
    ops.Sgate(0.48121182505960347) | q[0]
    ops.Sgate(-0.48121182505960347) | q[3]
    ops.BSgate(0.5535743588970452, 0.0) | (q[0], q[3])
    ops.MeasureHomodyne(0.0) | q[3]  # cubic1
    ops.Pgate(-0.3897114317029974 * q[3].par) | q[0]
    ops.Zgate(-0.1948557158514987 * q[3].par**2) | q[0]
    ops.BSgate(-0.9553166181245093, 0.0) | (q[0], q[2])
    ops.BSgate(-0.9553166181245093, 0.0) | (q[0], q[1])
    ops.Squeezed(-1.727) | q[3]
    ops.Vgate(-0.1948557158514987) | q[3]
    ops.BSgate(-1.0172219678978514, 0.0) | (q[0], q[3])
    ops.Sgate(0.48121182505960347) | q[0]
    ops.Sgate(-0.48121182505960347) | q[3]
    ops.BSgate(0.5535743588970452, 0.0) | (q[0], q[3])
    ops.MeasureHomodyne(0.0) | q[3]  # cubic2
    ops.Pgate(0.3897114317029974 * q[3].par) | q[0]
    ops.Zgate(0.1948557158514987 * q[3].par**2) | q[0]
    ops.BSgate(1.9106332362490186, 0.0) | (q[0], q[1])
    ops.Squeezed(-1.727) | q[3]
    ops.Vgate(-0.1948557158514987) | q[3]
    ops.BSgate(-1.0172219678978514, 0.0) | (q[0], q[3])
    ops.Sgate(0.48121182505960347) | q[0]
    ops.Sgate(-0.48121182505960347) | q[3]
    ops.BSgate(0.5535743588970452, 0.0) | (q[0], q[3])
    ops.MeasureHomodyne(0.0) | q[3]  # cubic3
    ops.Pgate(0.3897114317029974 * q[3].par) | q[0]
    ops.Zgate(0.1948557158514987 * q[3].par**2) | q[0]
    ops.BSgate(-0.9553166181245093, 0.0) | (q[0], q[1])
    ops.BSgate(-0.7853981633974483, 0.0) | (q[1], q[2])
    ops.MeasureHomodyne(0.0) | q[1]  # x1
    ops.MeasureHomodyne(0.0) | q[2]  # x2
    ops.MeasureHomodyne(1.5707963267948966) | q[0]  # p0
