r"""Datadog's monitor notification: what happened and the monitor's name as title, tags in the words.

The title is `Triggered: High error rate` or `[P2] [Recovered on {service:checkout}] High error rate`; text is often empty
(https://docs.datadoghq.com/monitors/notify).

>>> alert = read({"bot_profile": {"name": "Datadog"}, "attachments": [
...     {"title": "Triggered: High error rate", "text": "5xx above 1 %\nTags: env:prod, service:checkout"}]})
>>> alert.title, alert.firing, alert.labels
('High error rate', True, {'env': 'prod', 'service': 'checkout'})
"""

from __future__ import annotations

import re

from bot.alerts.message import Message, fields, sent_at, sent_by, words
from bot.alerts.wording import key, plain, tags
from bot.model.alert import Alert

TITLE = re.compile(
    r"^(?:\[P\d\]\s*)?\[?(?P<state>(?:Re-)?(?:Triggered|Alert|Warn|No Data|Recovered|OK))\b"
    r"(?:\s+on\s+\{?(?P<scope>[^}\]]*)\}?)?\]?:?\s+(?P<name>\S.*)",
    re.IGNORECASE,
)
TITLE_LENGTH = 300
OVER = ("recovered", "ok")


def read(message: Message) -> Alert | None:
    """Return the alert in a Datadog message; None when the message does not look like one."""
    texts = words(message)
    found = next((match for text in texts if (match := read_title(plain(text)))), None)
    if not found or not any(sent_by(message, "datadog", site) for site in ("datadoghq.com", "datadoghq.eu")):
        return None
    text = "\n".join(texts)
    return Alert(
        source="datadog",
        fingerprint=fingerprint(found),
        title=found["name"].strip(),
        firing=found["state"].lower() not in OVER,
        labels=tags(text) | fields(message),
        text=text,
        occurred_at=sent_at(message),
    )


def read_title(text: str) -> re.Match[str] | None:
    """Match the first line of a text as a title, as long as Datadog makes them."""
    return TITLE.match(text.partition("\n")[0][:TITLE_LENGTH])


def fingerprint(title: re.Match[str]) -> str:
    """Return the key of a monitor and of the scope for which it speaks, of a match of `TITLE`."""
    return f"datadog:{key(title['name'])}:{(title['scope'] or '').strip()}"
