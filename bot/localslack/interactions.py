"""Short-lived permissions Slack hands out with an interaction: trigger ids and response URLs.

In: who may do what where. Out: an id or a key; later the same grant once more, or `Refused` when it is used up or too old.
Limits: a trigger id lives 3 s and works once; a response URL takes 5 posts within 30 minutes.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.localslack.refusal import Refused

TRIGGER_SECONDS = 3.0
RESPONSE_USES = 5
RESPONSE_SECONDS = 30 * 60.0


@dataclass(frozen=True, slots=True)
class ResponseGrant:
    """Where a response URL posts: `original_ts` is the message of a clicked button, empty for a command."""

    channel: str
    user: str
    original_ts: str
    thread_ts: str
    issued_at: float
    uses: int = 0


class Grants:
    """All trigger ids and response URLs of this run; `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._triggers: dict[str, tuple[str, float]] = {}
        self._exchanged: set[str] = set()
        self._responses: dict[str, ResponseGrant] = {}

    def issue_trigger(self, user: str) -> str:
        """A new trigger id for something `user` just did."""
        trigger = f"{uuid.uuid4().int % 10**13}.{uuid.uuid4().int % 10**12}.{uuid.uuid4().hex}"
        self._triggers[trigger] = (user, self._clock())
        return trigger

    def redeem_trigger(self, trigger: str) -> str:
        """The user of a trigger id, once; `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id` otherwise."""
        if trigger not in self._triggers:
            raise Refused("invalid_trigger_id")
        if trigger in self._exchanged:
            raise Refused("exchanged_trigger_id")
        user, issued_at = self._triggers[trigger]
        if self._clock() - issued_at > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        self._exchanged.add(trigger)
        return user

    def issue_response(self, channel: str, user: str, *, original_ts: str = "", thread_ts: str = "") -> str:
        """The key of a new response URL."""
        key = uuid.uuid4().hex
        self._responses[key] = ResponseGrant(channel, user, original_ts, thread_ts, self._clock())
        return key

    def use_response(self, key: str) -> ResponseGrant:
        """Count one use of a response URL; `expired_url` or `used_url` when there is none left."""
        grant = self._responses.get(key)
        if grant is None or self._clock() - grant.issued_at > RESPONSE_SECONDS:
            raise Refused("expired_url")
        if grant.uses >= RESPONSE_USES:
            raise Refused("used_url")
        self._responses[key] = replace(grant, uses=grant.uses + 1)
        return grant
