"""What every section of the configuration is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
LogWeight = Annotated[float, Field(ge=-20, le=100)]  # beyond, e to it is no weight any more
NotNegativeCount = Annotated[int, Field(ge=0)]


class Section(BaseModel):
    """A section of the configuration. Frozen; unknown keys, infinities and NaN are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)
