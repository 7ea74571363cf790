"""How this Slack says no: one exception that carries Slack's own error word and whatever else the answer holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


class Refused(Exception):  # noqa: N818 -- named after what happened, as Slack's answers are
    """A request that real Slack answers with `ok: false`.

    `error` is Slack's word for it (`not_in_channel`), `details` the other members of the answer (`needed`, `errors`).
    """

    def __init__(self, error: str, **details: object) -> None:
        self.error = error
        self.details: Json = details
        super().__init__(f"{error}: {details}" if details else error)


def invalid(error: str, problems: Sequence[str]) -> Refused:
    """A refusal with one message per problem, in both places where Slack puts them.

    >>> invalid("invalid_blocks", ["unsupported type: x [json-pointer:/blocks/0/type]"]).details["response_metadata"]
    {'messages': ['[ERROR] unsupported type: x [json-pointer:/blocks/0/type]']}
    """
    return Refused(error, errors=list(problems), response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]})
