"""Exact simulation of superpositions of Gaussian packets under cubic phases: bits of displacements, cat and GKP states.

A state is a sum of displaced packets under a common phase of degree at most 3,
``psi(x) = sum_j c_j exp(i (x'A_j x / 2 + b_j.x)) psi_0(x + u_j)``. Phases of degree at most 3, displacements, gates
that map positions linearly, loss, noise and readouts of displacements by bits keep that form, and every overlap is a
Gaussian integral: no cutoff, no grid.
"""
