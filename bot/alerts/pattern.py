r"""Messages read by a pattern of the configuration: a regular expression with the groups `title`, `service` and `state`.

`title` must be there; `service` names the service; `state` says whether it is over, by one of the words of `OVER`.

>>> pattern = re.compile(r"(?P<state>UP|DOWN) shop/(?P<service>\w+): (?P<title>.+)")
>>> alert = read({"text": "DOWN shop/checkout: no answer"}, pattern)
>>> alert.title, alert.firing, alert.labels, alert.fingerprint
('no answer', True, {'service': 'checkout'}, 'pattern:checkout:no answer')
"""

from __future__ import annotations

import re

from bot.alerts.message import Message, fields, sent_at, words
from bot.alerts.wording import key, listed
from bot.model.alert import Alert

OVER = frozenset({"resolved", "recovered", "recovery", "closed", "cleared", "clear", "ok", "up", "normal", "green", "healthy"})


def read(message: Message, pattern: re.Pattern[str]) -> Alert | None:
    """Return the alert that the pattern finds anywhere in the words of a message; None when it finds none."""
    text = "\n".join(words(message))
    found = pattern.search(text)
    if not found or not (title := (found["title"] or "").strip()):
        return None
    groups = found.groupdict("")
    service = groups.get("service", "").strip()
    return Alert(
        source="generic",
        fingerprint=f"pattern:{service}:{key(title)}",
        title=title,
        firing=groups.get("state", "").strip().lower() not in OVER,
        labels=listed(text) | fields(message) | ({"service": service} if service else {}),
        text=text,
        occurred_at=sent_at(message),
    )
