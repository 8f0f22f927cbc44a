"""Moments in closed form: the Heisenberg picture, Isserlis' theorem, and the digits that they need."""
