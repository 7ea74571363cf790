"""`Span`: where a secret stands in a text."""

from __future__ import annotations

from typing import Final, NamedTuple

NUMBER: Final = "number"
PART: Final = "part"


class Span(NamedTuple):
    """From where to where a secret stands.

    `kind` is `NUMBER` for a bare number of JSON, which has to stay one, and `PART` for what belongs to a secret that was counted
    before; otherwise empty.
    """

    start: int
    end: int
    kind: str = ""
