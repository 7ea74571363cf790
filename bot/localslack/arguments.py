"""The arguments of a Web API call, however they were sent.

In: query string, body and content type of a request. Out: `Arguments`, with accessors that refuse what has the wrong shape.
Accepted: JSON, urlencoded and multipart bodies, merged over the query string, as the SDKs send them.

>>> Arguments(read_body("application/x-www-form-urlencoded", b"channel=C1&limit=2", "cursor=x")).number("limit", 100)
2
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl

from bot.localslack.refusal import Json, Refused, invalid


def read_body(content_type: str, body: bytes, query: str) -> Json:
    """All arguments of a request; `invalid_json` or `json_not_object` when a JSON body is not one."""
    values: Json = dict(parse_qsl(query, keep_blank_values=True))
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" and body:
        try:
            given = json.loads(body)
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(given, dict):
            raise Refused("json_not_object")
        return values | given
    if kind == "multipart/form-data":
        return values | {name: content.decode(errors="replace") for name, content in form_parts(content_type, body).items()}
    return values | dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def form_parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """The parts of a multipart form by name, as bytes."""
    form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=HTTP)
    parts = {}
    for part in form.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            parts[name] = payload
    return parts


@dataclass(frozen=True, slots=True)
class Arguments:
    """Named values; `invalid_arguments` when one is missing or cannot be read."""

    values: Json

    def has(self, name: str) -> bool:
        """Whether it was given at all (an empty list counts)."""
        return self.values.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A string; required when there is no default."""
        value = self.values.get(name)
        if value is None or value == "":
            if default is None:
                raise invalid("invalid_arguments", [f"missing required field: {name}"])
            return default
        if isinstance(value, bool | dict | list):
            raise invalid("invalid_arguments", [f"must provide a string [json-pointer:/{name}]"])
        return str(value)

    def flag(self, name: str) -> bool:
        """A boolean; absent is false."""
        return self.values.get(name) in (True, "true", "True", "1")

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        try:
            return int(self.values.get(name) or default)
        except (TypeError, ValueError):
            raise invalid("invalid_arguments", [f"must provide a number [json-pointer:/{name}]"]) from None

    def array(self, name: str) -> tuple[Json, ...]:
        """An array of objects; empty when absent."""
        value = self._structure(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise invalid(f"invalid_{name}_format", [f"must provide an array [json-pointer:/{name}]"])
        return tuple(value)

    def mapping(self, name: str) -> Json | None:
        """An object; None when absent."""
        value = self._structure(name)
        if value is not None and not isinstance(value, dict):
            raise invalid("invalid_arguments", [f"must provide an object [json-pointer:/{name}]"])
        return value

    def _structure(self, name: str) -> object:
        """A structured value: itself in a JSON body, JSON text in a form."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            structure: object = json.loads(value)
        except ValueError:
            raise Refused(f"invalid_{name}_format" if name in {"blocks", "attachments"} else "invalid_arguments") from None
        return structure
