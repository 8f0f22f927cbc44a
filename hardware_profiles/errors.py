"""The one error that every package here raises for bad input: a single line that says what to do."""


class InputError(ValueError):
    """Bad input: the message is one line with what must hold, what was found, where, and what to do."""
