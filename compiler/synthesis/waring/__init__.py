"""Waring decompositions ``f(x) = sum_r (v_r . x)^3``: dense and matrix-free solvers, and the searches that use them.

`compiler.synthesis.waring.directions` does the same for polynomials of mixed degree, ``f(x) = sum_r q_r(u_r . x)``.
"""
