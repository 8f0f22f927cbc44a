"""The one error that every room raises for bad input: a single line that says what to do."""


class InputError(ValueError):
    r"""Bad input: the message is one line with what must hold, what was found, where, and what to do.

    Messages quote files, so characters that end a line or cannot be printed are escaped.

    >>> print(InputError("found a\nb"))
    found a\nb
    """

    def __str__(self) -> str:
        """Return the message as one line."""
        text = super().__str__()
        if text.isprintable():
            return text
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
