"""CV-OpenQASM texts as hybridlane 0.8 writes them, as our writer does, and as people do by hand.

``python tests/support/cv_openqasm_texts.py 5000`` reads so many damaged copies of them and prints how many were read
and refused, the longest time, and the most memory that the process took.
"""

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\ninclude "cvstdgates.inc";\n'

EXPORTED = (
    HEAD
    + """
qumode[3] m;

def state_prep() {
    reset m;
    cv_sum(0.030651122084284) m[0], m[2];
    cv_tms(-0.23326223842896354, -0.5491607674800081) m[2], m[1];
    cv_r(-2.7074537356369914) m[0];
    cv_d(0.5309795966603521, -0.3903146866491478) m[0];
    cv_bs(0.6884620752174819, -0.645572013991331) m[2], m[1];
    cv_swap m[2], m[0];
    cv_f m[1];
}

state_prep();
cv_r(-1.5707963267948966) m[2];
float c0 = measure_x m[0];
uint c1 = measure_n m[1];
float c2 = measure_x m[2];
"""
)
"""An export of hybridlane with ``strict=False``."""

STRICT = (
    HEAD
    + """
// Position measurement x
defcal measure_x m -> float {}

// Fock measurement n
defcal measure_n m -> uint {}

qubit[2] m;

def state_prep() {
    reset m;
    cv_sq(-0.35011471084878787, 1.8372919861622614) m[1];
    cv_c(0.05) m[1];
    cv_k(0.006727931107328944) m[0];
    cv_d(0.7019228329328884, 1.1910719419098648) m[0];
}

state_prep();
uint c0 = measure_n(m[0]);

state_prep();
float c1 = measure_x(m[1]);
"""
)
"""An export with ``strict=True`` that prepares its state twice."""

BY_HAND = (
    HEAD
    + """
const int n = 2;
const float gain = sqrt(2) * exp(-0.5) /* squeezing */;
input float θ;
qumode[n] a;
qumode b;
qubit unused;
array[float, 2] c;
float[32] y = 0;
let pair = a[0:1];

gate shear(s) qumode q { cv_r(pi/4) q; inv @ cv_sq(s, pi/2) q; pow(2) @ cv_r(-π/8) q; gphase(0.1); }
def teleport(qumode from, qumode to, float g) -> float {
    cv_sum(1) from, to;
    float r = measure_x from;
    cv_d(-g * r / sqrt(2), 0) to;
    return r;
}

reset a;
reset b;
for int i in [0:n - 1] {
    shear(0.1 * (i + 1)) a[i];
    cv_d(gain * i + θ, tau / 8) a[i];
}
barrier a, b;
cv_f pair;
y = teleport(a[0], b, 0.5);
reset a[0];
cv_c(0.1 * y ** 2 - 0.25) a[0];
for uint k in {0, 1} c[k] = measure_x pair[k];
y += c[1];
cv_d(y, pi) b;
measure_n b -> y;
"""
)
"""What people may write: constants, inputs, loops, gates and subroutines of their own, feed-forward."""

TEXTS = {"exported": EXPORTED, "strict": STRICT, "by hand": BY_HAND}


def samples():
    """The texts, and one of our writer, as files for `damaged_files.read_damaged`."""
    from compiler.exports.openqasm.cv_writer import to_cv_openqasm
    from compiler.ir import operations as ops
    from compiler.ir.circuit import Circuit
    from compiler.ir.polynomial import Polynomial

    result = Polynomial.monomial(("y",), 0.5)
    ours = Circuit(
        2,
        (
            ops.PrepareVacuum((0,)),
            ops.ControlledZ((0, 1), 0.3),
            ops.CubicPhase((1,), -0.2),
            ops.Homodyne((0,), 0.4, "y"),
            ops.Shear((1,), result),
            ops.Displacement((1,), result, 0.25),
        ),
    )
    texts = [*TEXTS.values(), to_cv_openqasm(ours), to_cv_openqasm(ours, strict=True)]
    return [{"program.cv.qasm": text.encode()} for text in texts]


def read(path):
    """Read a file as the command line would, with undecodable bytes replaced."""
    from compiler.imports.openqasm.reader import read_cv_openqasm

    return read_cv_openqasm(path.read_bytes().decode("utf-8", "replace"), path.name)


def main():
    """Read damaged files, as many as the first argument says."""
    import sys
    from pathlib import Path
    from resource import RUSAGE_SELF, getrusage
    from tempfile import TemporaryDirectory

    import numpy as np
    from damaged_files import read_damaged

    with TemporaryDirectory() as folder:
        rng = np.random.default_rng(17)
        taken, refused, longest = read_damaged(read, samples(), Path(folder), int(sys.argv[1]), rng)
    memory = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    print(f"{taken} read, {refused} refused, longest {longest:.2f} s, {memory:.0f} MB")


if __name__ == "__main__":
    main()
