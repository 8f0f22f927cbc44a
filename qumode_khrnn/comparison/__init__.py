"""The comparison on HSMT: ideal, compiled, qubit, constructive classical and trained models, on one figure."""
