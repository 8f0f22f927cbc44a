"""The network over ``modular(d)``: dense state vectors, and phase polynomials on affine subspaces."""
