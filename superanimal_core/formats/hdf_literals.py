"""The column names that PyTables writes as a pickle, read without unpickling.

`literal` walks the opcodes of such an attribute and builds lists, tuples, strings and numbers, and
refuses all others, in particular every opcode that could name or call something.
"""

import pickletools
from typing import Any

from superanimal_core.errors import DatasetError

MAX_LITERAL_BYTES = 2**24
MOST_ITEMS = 2**20

_MARK = object()


def literal(pickled: Any, where: str) -> Any:
    """The lists, tuples, strings and numbers in a pickle, without unpickling.

    Only opcodes that build such literals are known here; any other is a DatasetError.
    """
    if isinstance(pickled, str):
        pickled = pickled.encode("latin-1", "replace")
    if not isinstance(pickled, bytes) or len(pickled) > MAX_LITERAL_BYTES:
        raise DatasetError(f"{where}: cannot be read; give the .csv")
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for opcode, argument, _ in pickletools.genops(pickled):
            if opcode.name == "STOP":
                return _checked(stack.pop())
            _step(opcode.name, argument, stack, memo)
    except DatasetError as mistake:
        raise DatasetError(f"{where}: {mistake}") from None
    except Exception as mistake:  # genops raises what it likes on garbage
        raise DatasetError(f"{where}: damaged ({type(mistake).__name__})") from None
    raise DatasetError(f"{where}: ends too early")


def _step(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    """One opcode of the literal subset."""
    match name:
        case "PROTO" | "FRAME":
            pass
        case "MARK":
            stack.append(_MARK)
        case "EMPTY_LIST":
            stack.append([])
        case "EMPTY_TUPLE":
            stack.append(())
        case "LIST":
            stack.append(_since_mark(stack))
        case "TUPLE":
            stack.append(tuple(_since_mark(stack)))
        case "TUPLE1" | "TUPLE2" | "TUPLE3":
            count = int(name[-1])
            stack[-count:] = [tuple(stack[-count:])]
        case "APPEND":
            stack[-2].append(stack.pop())
        case "APPENDS":
            items = _since_mark(stack)
            stack[-1].extend(items)
        case "PUT" | "BINPUT" | "LONG_BINPUT":
            memo[argument] = stack[-1]
        case "MEMOIZE":
            memo[len(memo)] = stack[-1]
        case "GET" | "BINGET" | "LONG_BINGET":
            stack.append(memo[argument])
        case "NONE":
            stack.append(None)
        case "INT" | "BININT" | "BININT1" | "BININT2" | "LONG" | "LONG1" | "UNICODE":
            stack.append(argument)
        case "BINUNICODE" | "SHORT_BINUNICODE" | "STRING" | "BINSTRING" | "SHORT_BINSTRING":
            stack.append(argument)
        case _:
            raise DatasetError(f"holds a pickled object ({name}); refused, give the .csv")


def _checked(value: Any) -> Any:
    """The value itself; DatasetError where a mark is left in it, or where it holds itself."""
    left, seen = [value], 0
    while left:
        item, seen = left.pop(), seen + 1
        if item is _MARK:
            raise DatasetError("damaged (a list in it has no end)")
        if isinstance(item, list | tuple):
            left.extend(item)
        if seen + len(left) > MOST_ITEMS:
            raise DatasetError("holds itself, or too much; give the .csv")
    return value


def _since_mark(stack: list[Any]) -> list[Any]:
    mark = len(stack) - 1 - next(i for i, item in enumerate(reversed(stack)) if item is _MARK)
    items = stack[mark + 1 :]
    del stack[mark:]
    return items
