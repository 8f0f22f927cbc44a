"""CV-OpenQASM: its gates, and texts read as circuits."""
