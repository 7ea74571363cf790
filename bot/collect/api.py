"""`Api`: a server that is asked about services (Prometheus, Loki, Kubernetes); a path and a query enter, the answer leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.collect.connection import Connection
from bot.collect.pprof import Ask, Refusal, pull
from bot.errors import CollectError
from bot.model.access import Access, Limits
from bot.model.evidence import Kind


@dataclass(frozen=True, slots=True)
class Api:
    """One server, called `name` where people read of it; bounded in bytes and time as every pull is."""

    name: str
    url: str
    access: Access
    limits: Limits

    def text(self, path: str, query: Mapping[str, str | int], *, noun: str) -> bytes:
        """Ask for text, which may be empty; `noun` says what was wanted.

        Raises:
            CollectError: it was not to be had; the reason names the server.
        """
        return self._get(path, query, Ask(Kind.SERVICE_LOG, "", "", (), f"no {noun}", noun, may_be_empty=True))

    def json(self, path: str, query: Mapping[str, str | int], *, noun: str) -> dict[str, Any]:
        """Ask for a JSON object.

        Raises:
            CollectError: it was not to be had, or is none.
        """
        data = self._get(path, query, Ask(Kind.SERVICE_LOG, "", "", (b"{",), f"no {noun} at {path}; is the URL right?", noun))
        try:
            said = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise CollectError(f"{self.name} answered with damaged JSON when asked for the {noun}") from error
        return dict(said)

    def _get(self, path: str, query: Mapping[str, str | int], ask: Ask) -> bytes:
        wanted = Ask(ask.kind, ask.name, f"{path}?{urlencode(query)}", ask.starts, ask.missing, ask.noun, ask.may_be_empty)
        with closing(Connection(self.url, self.access, self.limits)) as connection:
            answer = pull(connection, wanted, limits=self.limits)
        if isinstance(answer, Refusal):
            raise CollectError(f"{self.name}: {answer.reason}")
        return answer.content if isinstance(answer.content, bytes) else answer.content.read_bytes()
