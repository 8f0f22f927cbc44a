"""The one error that every package here raises for bad input, and the hint that it ends with after a typing error."""

from __future__ import annotations

from collections.abc import Iterable


class InputError(ValueError):
    r"""Bad input: the message is one line with what must hold, what was found, where, and what to do.

    Messages quote files, so characters that end a line or cannot be printed are escaped.

    Attributes
    ----------
    others : tuple of str
        Further problems of the same input, a line each, where more than one was found.

    Examples
    --------
    >>> print(InputError("found a\nb"))
    found a\nb
    """

    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the message as one line."""
        text = super().__str__()
        if text.isprintable():
            return text
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Return a hint that names the known name spelt most similarly; empty if no name is similar.

    >>> did_you_mean("loss_bd", ["loss_db", "note"]), did_you_mean("x", ["loss_db"])
    ("; did you mean 'loss_db'?", '')
    """
    from difflib import get_close_matches

    names = list(dict.fromkeys(known))
    small = {name.lower(): name for name in reversed(names)}
    near = get_close_matches(found, names, 1) or [small[key] for key in get_close_matches(found.lower(), small, 1)]
    return f"; did you mean {near[0]!r}?" if near else ""
