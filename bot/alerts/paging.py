"""What PagerDuty's and Opsgenie's messages have in common, read without trust in a layout: theirs is not documented.

The headline is the first attachment's title, or else the first line. The state is a field, a word before the headline, or
`closed by …` anywhere. Acknowledged counts as firing.

>>> page = {"attachments": [{"title": "Resolved #12: [checkout] errors", "fields": [{"title": "Service", "value": "checkout"}]}]}
>>> alert = read_page("pagerduty", page)
>>> alert.title, alert.firing, alert.fingerprint
('[checkout] errors', False, 'pagerduty:checkout] errors')
"""

from __future__ import annotations

import re

from bot.alerts.message import Message, attachments, fields, sent_at, words
from bot.alerts.wording import key, plain, tags
from bot.model.alert import Alert

NUMBER = re.compile(r"^[\[(]?#\d+[\])]?[\s:.-]*")
STATE = re.compile(
    r"^[\[(]?(?:(?:incident|alert)\s+)?"
    r"(?P<state>triggered|re-?opened|acknowledged|escalated|opened|created|resolved|closed)\b"
    r"[\])]?(?:\s+(?:incident|alert)\b)?[\s:.-]*",
    re.IGNORECASE,
)
ENDED_BY = re.compile(r"\b(?:closed|resolved)\s+(?:by|via|automatically)\b", re.IGNORECASE)
OVER = ("resolved", "closed")
ACKNOWLEDGED = "acknowledged"


def read_page(source: str, message: Message) -> Alert | None:
    """Return the page as an alert of `source`; None when it has no words."""
    texts = words(message)
    if not texts:
        return None
    text = "\n".join(texts)
    state, title = _state_and_title(next(iter(attachments(message, "title")), texts[0]))
    named = fields(message)
    states = {state, *(value.lower() for name, value in named.items() if name.lower() in {"status", "state"})}
    firing = not states.intersection(OVER) and not ENDED_BY.search(plain(text))
    return Alert(
        source=source,
        fingerprint=f"{source}:{key(title)}",
        title=title,
        firing=firing,
        acknowledged=firing and ACKNOWLEDGED in states,
        labels=tags(text) | named,
        text=text,
        occurred_at=sent_at(message),
    )


def _state_and_title(headline: str) -> tuple[str, str]:
    """Take the state and the number, in either order, off the first line of a headline."""
    line = NUMBER.sub("", plain(headline.splitlines()[0]))
    found = STATE.match(line)
    title = NUMBER.sub("", line[found.end() :]) if found else line
    return (found["state"].lower() if found else ""), title or line
