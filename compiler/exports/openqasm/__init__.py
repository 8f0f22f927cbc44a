"""Writers of OpenQASM: the continuous-variable dialect, and programs on qubits."""
