"""CV-OpenQASM: the gates of the dialect, and the reader of its texts."""
