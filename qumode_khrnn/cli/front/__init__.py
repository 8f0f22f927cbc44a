"""What the user meets before a command runs: help, and the answer to a mistyped line."""
