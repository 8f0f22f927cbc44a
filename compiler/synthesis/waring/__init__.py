"""Waring decompositions ``f(x) = sum_r (v_r . x)^3``: dense and matrix-free solvers, and the searches that use them."""
