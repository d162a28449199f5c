"""JSON that a browser reads."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from starlette.responses import Response

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


def as_object(value: object) -> dict[str, Any]:
    """Return a value that was read from JSON if it is an object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_json(value: Json, status: int = 200) -> Response:
    """Return a response that holds a value as JSON."""
    return Response(json_text(value), status, media_type="application/json")


def json_text(value: Json) -> str:
    """Return a value as JSON on one line; what is no number (NaN, ∞) becomes null."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(value), separators=(",", ":"))


def _finite(value: Json) -> Json:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    return [_finite(part) for part in value]
