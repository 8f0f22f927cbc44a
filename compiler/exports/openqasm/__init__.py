"""OpenQASM: the continuous-variable dialect, written and read, and programs on qubits."""
