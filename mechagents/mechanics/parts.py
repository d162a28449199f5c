"""What every piece of a formulation is made from."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"
NAME_RULE = "a letter, then letters, digits, _ . or -, no spaces, 64 characters at most"
"""The pattern in words."""
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A name for a region, boundary, quantity or picture."""


class Part(BaseModel):
    """A frozen piece of a formulation that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
