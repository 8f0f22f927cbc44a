"""NumPy's functions and the methods of arrays that scripts may call, each bounded before it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.reading.arithmetic import (
    FUNCTIONS,
    FUNCTIONS_OF_TWO,
    SAFE_INTEGER,
    Budget,
    binary,
    evaluated,
    function,
    is_number,
    whole,
)

TYPES: dict[str, type] = {
    **dict.fromkeys(("float", "float64", "double", "float_"), float),
    **dict.fromkeys(("complex", "complex128", "cdouble", "complex_"), complex),
    **dict.fromkeys(("int", "int64", "int_"), int),
}
"""Types of elements by name."""

SHARING = frozenset(("asarray", "transpose", "T", "ravel", "reshape", "real", "imag", "conj", "conjugate", "diag"))
"""Functions, methods and attributes whose result may share its elements with the array that they are applied to."""

NUMBER_TYPES = frozenset((bool, int, float, complex))
"""Types of numbers that an array may hold."""

MAX_DIGITS = 400
"""Largest number of digits, before or behind the point, that a number is rounded to."""

MAX_AXES = 16
"""Largest number of axes of an array."""


def called(budget: Budget, name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """Call NumPy's function of a name.

    Parameters
    ----------
    budget : Budget
    name : str
        A name that `known` accepts, without ``numpy.``.
    args, keywords : numbers, arrays, lists, polynomials, types

    Raises
    ------
    CircuitError
        If the arguments are not those of the function, or the result is not finite or too large.
    """
    if name in FUNCTIONS and len(args) == 1 and not keywords:
        return _shared(name, args[0], function(budget, name, _numbers(budget, args[0])))
    if name in FUNCTIONS_OF_TWO and len(args) == 2 and not keywords:
        return binary(budget, FUNCTIONS_OF_TWO[name], *(_numbers(budget, arg) for arg in args))
    if name not in ARRAY_FUNCTIONS:
        raise CircuitError(f"numpy.{name} is not read with such arguments")
    return _applied(ARRAY_FUNCTIONS, budget, name, args, keywords)


def method(budget: Budget, name: str, value: Any, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """Call a method of an array; raise CircuitError as `called` does."""
    if name not in ARRAY_METHODS:
        raise CircuitError(f"the method {name} of an array is not read")
    return _applied(ARRAY_METHODS, budget, name, (value, *args), keywords)


def attribute(name: str, value: Any) -> Any:
    """Return an attribute of an array; raise CircuitError for an attribute that is not read."""
    if name not in ARRAY_ATTRIBUTES:
        raise CircuitError(f"the attribute {name} of an array is not read")
    return _shared(name, value, ARRAY_ATTRIBUTES[name](value))


def writable(value: Any) -> bool:
    """Tell whether an array may be written to, that is, shares its elements with slices only."""
    while isinstance(value, np.ndarray):
        if not value.flags.writeable:
            return False
        value = value.base
    return True


def _applied(
    table: Mapping[str, Callable[..., Any]], budget: Budget, name: str, args: Sequence[Any], keywords: Mapping[str, Any]
) -> Any:
    try:
        out = table[name](budget, *args, **keywords)
    except TypeError:
        raise CircuitError(f"{name} is not read with such arguments") from None
    return _shared(name, args[0], out) if args else out


def _shared(name: str, source: Any, out: Any) -> Any:
    """Forbid writing to arrays that share elements in NumPy, where they are copies here."""
    if name in SHARING and isinstance(source, np.ndarray):
        owner: Any = source
        while isinstance(owner, np.ndarray):
            owner.setflags(write=False)
            owner = owner.base
        if isinstance(out, np.ndarray):
            out.setflags(write=False)
    return out


def known(name: str) -> bool:
    """Tell whether a function of NumPy is read."""
    return name in FUNCTIONS or name in FUNCTIONS_OF_TWO or name in ARRAY_FUNCTIONS


def array(budget: Budget, value: Any, dtype: Any = None) -> Any:
    """Return a new array of nested lists of numbers.

    Raises
    ------
    CircuitError
        If the value holds anything but numbers, or rows of different lengths, or the type would lose digits.
    """
    _count(budget, value)
    kind = None if dtype is None else _type(dtype)
    made = evaluated(lambda: np.array(value), "an array")
    return made if kind is None else evaluated(lambda: np.array(made).astype(kind, casting="same_kind"), "an array")


def _count(budget: Budget, value: Any, axes: int = MAX_AXES) -> None:
    """Count the elements, all of which must be numbers."""
    if isinstance(value, np.ndarray):
        budget.make(int(value.size))
    elif isinstance(value, range):
        budget.make(len(value))
    elif isinstance(value, list | tuple) and axes:
        budget.make(len(value))
        budget.step(1 + len(value) // 10)
        for item in value:
            if type(item) not in NUMBER_TYPES:
                _count(budget, item, axes - 1)
    elif type(value) not in NUMBER_TYPES:
        raise CircuitError(f"an array holds numbers, found {type(value).__name__}")


def _numbers(budget: Budget, value: Any) -> Any:
    """Return an argument of an elementary function, lists as arrays."""
    return array(budget, value) if isinstance(value, list | tuple | range) else value


def _type(dtype: Any) -> type:
    if isinstance(dtype, str) and dtype in TYPES:
        return TYPES[dtype]
    if isinstance(dtype, type):
        return dtype
    raise CircuitError(f"the type of an array must be int, float or complex, found {str(dtype)[:40]}")


def _shape(value: Any) -> tuple[int, ...]:
    sizes = tuple(value) if isinstance(value, list | tuple) else (value,)
    whole_sizes = tuple(n for n in map(whole, sizes) if n is not None)
    if len(whole_sizes) != len(sizes) or len(sizes) > MAX_AXES:
        raise CircuitError(f"the shape of an array must be whole numbers, found {str(value)[:40]}")
    return whole_sizes


def _filled(number: float) -> Callable[..., Any]:
    def make(budget: Budget, shape: Any, dtype: Any = float) -> Any:
        sizes = _shape(shape)
        budget.make(prod(sizes))
        return np.full(sizes, number, dtype=_type(dtype))

    return make


def _full(budget: Budget, shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    sizes = _shape(shape)
    budget.make(prod(sizes))
    return evaluated(lambda: np.full(sizes, fill_value, dtype=None if dtype is None else _type(dtype)), "numpy.full")


def _eye(budget: Budget, N: Any, M: Any = None, k: int = 0, dtype: Any = float) -> Any:  # noqa: N803
    rows, columns = _shape((N, N if M is None else M))
    budget.make(rows * columns)
    return evaluated(lambda: np.eye(rows, columns, k, dtype=_type(dtype)), "numpy.eye")


def _identity(budget: Budget, n: Any, dtype: Any = float) -> Any:
    return _eye(budget, n, dtype=dtype)


def _diag(budget: Budget, v: Any, k: int = 0) -> Any:
    vector = np.array(array(budget, v))
    budget.make((vector.size + abs(k)) ** 2 if vector.ndim == 1 else vector.size)
    return evaluated(lambda: np.array(np.diag(vector, k)), "numpy.diag")


def _linspace(budget: Budget, start: Any, stop: Any, num: Any = 50, endpoint: bool = True) -> Any:
    (count,) = _shape(num)
    _require_scalars(start, stop)
    budget.make(count)
    return evaluated(lambda: np.linspace(start, stop, count, bool(endpoint)), "numpy.linspace")


def _arange(budget: Budget, start: Any, stop: Any = None, step: Any = 1) -> Any:
    first, last = (0, start) if stop is None else (start, stop)
    _require_scalars(first, last, step)
    length = evaluated(lambda: np.ceil((last - first) / step) if step else np.nan, "numpy.arange")
    budget.make(max(0, int(length)))
    return evaluated(lambda: np.arange(first, last, step), "numpy.arange")


def _require_scalars(*values: Any) -> None:
    if not all(is_number(value) and not isinstance(value, complex) for value in values):
        raise TypeError


def _exact(compute: Callable[..., Any], arrays: Sequence[Any], name: str) -> Any:
    """Return the result of a function of arrays; integers that would wrap around in NumPy are refused."""
    out = evaluated(lambda: compute(*arrays), name)
    if getattr(out, "dtype", np.asarray(out).dtype).kind == "i":
        exact = evaluated(lambda: compute(*(a.astype(float) for a in arrays)), name)
        if np.size(exact) and not float(np.abs(exact).max()) <= SAFE_INTEGER:
            raise CircuitError(f"{name}: an integer is too large")
    return out


def _of_arrays(name: str, growth: Callable[[list[int]], int] = sum) -> Callable[..., Any]:
    """Return a function of several arrays; ``growth`` bounds the size of its result by their sizes."""
    numpy_function: Any = getattr(np, name)

    def apply(budget: Budget, *values: Any) -> Any:
        arrays = [np.array(array(budget, value)) for value in values]
        budget.make(growth([a.size for a in arrays]))
        return _exact(lambda *given: np.array(numpy_function(*given)), arrays, f"numpy.{name}")

    return apply


def _joined(name: str) -> Callable[..., Any]:
    numpy_function: Any = getattr(np, name)

    def apply(budget: Budget, arrays: Any, axis: Any = None) -> Any:
        if not isinstance(arrays, list | tuple):
            raise TypeError
        parts = [np.array(array(budget, part)) for part in arrays]
        budget.make(sum(part.size for part in parts))
        options = {} if axis is None else {"axis": axis}
        return evaluated(lambda: numpy_function(parts, **options), f"numpy.{name}")

    return apply


def _reduced(name: str) -> Callable[..., Any]:
    numpy_function: Any = getattr(np, name)

    def apply(budget: Budget, a: Any, axis: Any = None) -> Any:
        values = np.array(array(budget, a))
        return _exact(lambda given: numpy_function(given, axis=axis), [values], f"numpy.{name}")

    return apply


def _reshape(budget: Budget, a: Any, *newshape: Any) -> Any:
    values = np.array(array(budget, a))
    sizes = newshape[0] if len(newshape) == 1 and isinstance(newshape[0], list | tuple) else newshape
    return evaluated(lambda: values.reshape(*sizes), "reshape")


def _rounded(budget: Budget, a: Any, decimals: int = 0) -> Any:
    require_digits(decimals)
    return evaluated(lambda: np.round(array(budget, a), decimals), "numpy.round")


def require_digits(count: Any) -> None:
    """Raise TypeError for digits to round to that no float64 has; their power of ten would take time and memory."""
    if type(count) is not int or abs(count) > MAX_DIGITS:
        raise TypeError


def _dot(budget: Budget, a: Any, b: Any) -> Any:
    left, right = np.array(array(budget, a)), np.array(array(budget, b))
    return binary(budget, "@" if left.ndim and right.ndim else "*", left, right)


ARRAY_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "array": array,
    "asarray": array,
    "copy": array,
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "full": _full,
    "eye": _eye,
    "identity": _identity,
    "diag": _diag,
    "linspace": _linspace,
    "arange": _arange,
    "dot": _dot,
    "reshape": _reshape,
    "round": _rounded,
    "around": _rounded,
    "float64": lambda budget, value: array(budget, value, float),
    "complex128": lambda budget, value: array(budget, value, complex),
    **{name: _of_arrays(name) for name in ("transpose", "trace", "ravel", "vdot", "tril", "triu")},
    **{name: _of_arrays(name, prod) for name in ("kron", "outer", "inner")},
    **{name: _of_arrays(name, prod) for name in ("arctan2", "hypot", "maximum", "minimum")},
    **{name: _joined(name) for name in ("concatenate", "hstack", "vstack", "stack")},
    **{name: _reduced(name) for name in ("sum", "prod", "max", "min", "mean", "amax", "amin")},
}
"""Functions of NumPy beside the elementary ones."""

ARRAY_METHODS: dict[str, Callable[..., Any]] = {
    **{name: ARRAY_FUNCTIONS[name] for name in ("copy", "dot", "reshape", "round", "transpose", "trace", "ravel")},
    **{name: ARRAY_FUNCTIONS[name] for name in ("sum", "prod", "max", "min", "mean")},
    "flatten": ARRAY_FUNCTIONS["ravel"],
    "conj": lambda budget, a: function(budget, "conj", a),
    "conjugate": lambda budget, a: function(budget, "conj", a),
    "astype": array,
    "tolist": lambda budget, a: a.tolist(),
    "item": lambda budget, a: evaluated(a.item, "item"),
}
"""Methods of arrays, as functions of the array and the other arguments."""

ARRAY_ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    "T": lambda a: a.T,
    "real": lambda a: a.real.copy(),
    "imag": lambda a: a.imag.copy(),
    "shape": lambda a: a.shape,
    "size": lambda a: a.size,
    "ndim": lambda a: a.ndim,
}
"""Attributes of arrays; ``T`` shares its elements with the array."""
