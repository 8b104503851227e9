"""What every section of the configuration is made of."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
LogWeight = Annotated[float, Field(ge=-20, le=100)]  # beyond, e to it is no weight any more
NotNegativeCount = Annotated[int, Field(ge=0)]


def _as_text(given: object) -> object:
    """A number as the sheet has it, where names are texts: a group may be called 1."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return str(given) if is_number else given


def _count_or_auto(given: object) -> object:
    """What is neither is told at once: pydantic would tell what it is not, choice by choice."""
    if given == "auto":
        return given
    is_truth = isinstance(given, bool)  # which Python counts as a number
    if not is_truth and isinstance(given, int | float) and given >= 1 and given % 1 == 0:
        return given
    raise PydanticCustomError("count_or_auto", "input should be a whole number from 1 on, or auto")


CountOrAuto = Annotated[Count | Literal["auto"], BeforeValidator(_count_or_auto)]
Name = Annotated[str, BeforeValidator(_as_text)]  # of something in a sheet


class Section(BaseModel):
    """A section of the configuration. Frozen; unknown keys, infinities and NaN are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)
