"""What separates quantum from classical memory: refutations and their certificate, and cross-examinations."""
