"""What the tests' own checks of annotations find, and when they no longer look."""

from dataclasses import dataclass

import numpy as np
import pytest
import typechecker
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import Float, TypeCheckError

checks = typechecker.jaxtyped(typechecker=typechecker.checked)
Row, Square = np.zeros(2), np.zeros((2, 2))


@checks
def lengths(points: Float[np.ndarray, "n 2"], weights: Float[np.ndarray, " n"]) -> int:
    return len(points) + len(weights)


@checks
def unlike(points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
    return points.ravel()


@checks
def named(name: str) -> int:
    return len(name) if name else "nothing"  # pyright: ignore


@checks
@dataclass
class Poses:
    positions: Float[np.ndarray, "n 2"]


@checks
class Plain:
    @checks
    def method(self, name: str) -> str:
        return name


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        (lengths, (Row, Row)),  # one axis too few
        (lengths, (Square, np.zeros(3))),  # n is two numbers
        (lengths, (Square.astype(int), Row)),
        (unlike, (Square,)),  # the result
        (named, (1,)),
        (named, ("",)),
        (Poses, (Row,)),
        (Plain().method, (1,)),
    ],
)
def test_what_is_annotated_otherwise_is_an_error(call, arguments):
    with pytest.raises((TypeCheckError, BeartypeCallHintViolation)):
        call(*arguments)


def test_what_is_annotated_so_passes():
    assert lengths(Square, Row) == 4
    assert named("nose") == 4
    assert Poses(Square).positions is Square
    assert Plain().method("nose") == "nose"


def wrong_from_the(nth):
    """Whether a wrong call after n - 1 right ones is told, for a function and a class."""
    typechecker.another_test()
    for _ in range(nth - 1):
        lengths(Square, Row)
        Poses(Square)
    for call, arguments in ((lengths, (Row, Row)), (Poses, (Row,))):
        try:
            call(*arguments)
        except (TypeCheckError, BeartypeCallHintViolation):
            yield True
        else:
            yield False


def test_the_first_calls_of_a_test_are_checked_and_no_more():
    assert [*wrong_from_the(typechecker.CALLS_OF_A_TEST)] == [True, True]
    assert [*wrong_from_the(typechecker.CALLS_OF_A_TEST + 1)] == [False, False]


def test_types_without_shapes_are_checked_in_every_call():
    for _ in range(typechecker.CALLS_OF_A_TEST):
        named("nose")
    with pytest.raises(BeartypeCallHintViolation):
        named(1)


def test_a_function_inside_of_another_is_checked_too():
    def outer(name):
        @checks
        def inner(name: str) -> str:
            return name

        return inner(name)

    with pytest.raises(BeartypeCallHintViolation):
        outer(1)


def test_the_package_is_checked():
    from superanimal_core.evaluation.metrics import euclidean_error_px

    with pytest.raises((TypeCheckError, BeartypeCallHintViolation)):
        euclidean_error_px(Square, np.zeros((3, 2)))
