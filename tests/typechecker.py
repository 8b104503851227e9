"""How annotations are checked in tests: by beartype, which lets an int stand for a float.

`jaxtyped` stands in for jaxtyping's own, which binds the arguments of each call, checks them twice
and makes code for a function inside a function whenever the outer one is called: more than half of
the tests' time went there. Where no shape is annotated beartype alone checks the same. What has
shapes, and what stands inside of a function, is checked in the first calls of each test; the later
ones of a long loop are not.
"""

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps
from typing import Any

import jaxtyping
from beartype import BeartypeConf, beartype

CALLS_OF_A_TEST = 20
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
_with_shapes = jaxtyping.jaxtyped
_calls: Counter[object] = Counter()  # code of a function -> how often it was checked in this test


def another_test() -> None:
    """From here on calls are counted anew."""
    _calls.clear()


def jaxtyped(*, typechecker: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that checks the annotations of a function, shapes among them, or of a class."""

    def decorate(thing: Any) -> Any:
        if is_dataclass(thing):
            return _early_made(thing, typechecker)
        if not inspect.isfunction(thing):
            return _with_shapes(thing, typechecker=typechecker)
        if "<locals>" in thing.__qualname__ and not _is_early(thing):
            return thing
        if "jaxtyping" not in repr(thing.__annotations__):
            return checked(thing)
        return _while_early(_with_shapes(checked(thing), typechecker=None), thing)

    return decorate


def _early_made(made: Any, typechecker: Callable[..., Any]) -> Any:
    plain = made.__init__
    made = _with_shapes(made, typechecker=typechecker)
    if made.__init__ is not plain:
        made.__init__ = _while_early(made.__init__, plain)
    return made


def _is_early(thing: Any) -> bool:
    _calls[thing.__code__] += 1
    return _calls[thing.__code__] <= CALLS_OF_A_TEST


def _while_early(careful: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def either(*args: Any, **kwargs: Any) -> Any:
        return (careful if _is_early(plain) else plain)(*args, **kwargs)

    return either
