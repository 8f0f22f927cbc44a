"""Resource states for teleported gates: heralded preparation, and the noise that imperfect parts add."""
