"""Small faults of a module: what one character, or one word, more or less would make of it."""

import ast
import copy
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = "superanimal_core"

EDGES = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
         ast.NotEq: ast.Eq}  # fmt: skip
SIGNS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
         ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
         ast.And: ast.Or, ast.Or: ast.And}  # fmt: skip
PAIRS = (("min", "max"), ("minimum", "maximum"), ("fmin", "fmax"), ("amin", "amax"),
         ("argmin", "argmax"), ("mean", "median"), ("any", "all"), ("floor", "ceil"))  # fmt: skip
NAMES = dict(PAIRS) | {second: first for first, second in PAIRS}
LIMITS = ("min", "max", "minimum", "maximum", "clip", "clamp")
LEAST_DECISION = 1e-4  # smaller constants guard against rounding and division by zero
SIDES = {"left": "right", "right": "left"}

# (module, fault): why no result can differ
EQUIVALENT: dict[tuple[str, str], str] = {
    ("datasets/audit.py", "5 -> 6"): "sizes and typical lengths have settled by then",
    ("inference/adapt.py", "len(at) > max_frames -> len(at) >= max_frames"): (
        "as many as there are, spread evenly, are all of them"
    ),
    (
        "training/state.py",
        "value.shape == like.shape and value.dim() > 0 -> "
        "value.shape == like.shape or value.dim() > 0",
    ): "an optimizer holds moments, as large as their weight, and counts without a dimension",
    ("smoothing/brent.py", "new >= best -> new > best"): "a step is never 0",
    ("smoothing/baselines.py", "np.minimum(count // 2, window - 1) -> count // 2"): (
        "half of what a window holds is always a place in it"
    ),
}


def replacements(node: ast.AST, place: ast.AST | None) -> Iterator[ast.AST]:
    """The faults of one expression; `place` is what it stands in (a keyword, an index)."""
    match node:
        case ast.Compare():
            for number, edge in enumerate(node.ops):
                if type(edge) in EDGES:
                    yield _changed(node, ops=_with(node.ops, number, EDGES[type(edge)]()))
        case ast.BinOp(op=sign) if type(sign) in SIGNS and not _is_text(node):
            yield _changed(node, op=SIGNS[type(sign)]())
        case ast.BoolOp(op=sign):
            yield _changed(node, op=SIGNS[type(sign)]())
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield operand
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield operand
        case ast.Constant(value=value):
            yield from (ast.Constant(new) for new in _other_values(value, place))
        case ast.Call(func=function):
            yield from _other_calls(node, function)


def _other_values(value: object, place: ast.AST | None) -> list[object]:
    is_axis = isinstance(place, ast.keyword) and place.arg in ("axis", "dim")
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [1 - value if (is_axis or _is_index(place)) and value in (0, 1) else value + 1]
    if isinstance(value, float):
        if 0 < value < LEAST_DECISION:
            return []
        return [value * 1.5 or 1.0]
    if isinstance(place, ast.keyword) and place.arg == "side" and value in SIDES:
        return [SIDES[value]]
    return []


def _other_calls(node: ast.Call, function: ast.expr) -> Iterator[ast.AST]:
    name = getattr(function, "attr", getattr(function, "id", ""))
    field = "attr" if isinstance(function, ast.Attribute) else "id"
    if name in NAMES:
        yield _changed(node, func=_changed(function, **{field: NAMES[name]}))
    is_method = isinstance(function, ast.Attribute) and getattr(function.value, "id", "") != "np"
    if name in LIMITS and is_method and (node.args or node.keywords) and name in ("clamp", "clip"):
        yield function.value
    elif name in LIMITS and len(node.args) > 1 and not is_method:
        yield node.args[0]


def _is_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(
        isinstance(s, ast.JoinedStr) or isinstance(getattr(s, "value", 0), str) for s in sides
    )


def _is_index(place: ast.AST | None) -> bool:
    return isinstance(place, ast.Tuple | ast.Subscript)


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _with(values: list, number: int, new: object) -> list:
    return [*values[:number], new, *values[number + 1 :]]


def expressions(
    node: ast.AST, place: ast.AST | None = None
) -> Iterator[tuple[ast.AST, ast.AST | None]]:
    """Everything that decides, with what it stands in: no annotation, no message, no decorator."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.keyword) and node.arg == "strict":  # of zip: lengths that are equal
        return
    yield node, place
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from expressions(child, node)


class _Put(ast.NodeTransformer):
    """The tree with one node replaced."""

    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


class Mutant:
    """One fault of one module."""

    def __init__(self, module: str, node: ast.AST, new: ast.AST, number: int, choice: int):
        self.module, self.number, self.choice = module, number, choice
        self.line = getattr(node, "lineno", 0)
        self.fault = f"{_text(node)} -> {_text(new)}"

    def __str__(self) -> str:
        return f"{CORE}/{self.module}:{self.line}: {self.fault}"

    def source(self) -> str:
        """The module's text with the fault."""
        tree = ast.parse((ROOT / CORE / self.module).read_text())
        node, place = list(expressions(tree))[self.number]
        new = list(replacements(node, place))[self.choice]
        return ast.unparse(ast.fix_missing_locations(_Put(node, new).visit(tree)))


def _text(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 120 else f"{text[:80]} … {text[-37:]}"


def mutants_of(module: str) -> list[Mutant]:
    """Every fault of a module that the program knows how to make."""
    tree = ast.parse((ROOT / CORE / module).read_text())
    return [
        Mutant(module, node, new, number, choice)
        for number, (node, place) in enumerate(expressions(tree))
        for choice, new in enumerate(replacements(node, place))
    ]
