"""Robusta's finding: the title as text, the state in front of it in the first block, the cluster as `*Source:*`.

A resolved one has `[RESOLVED]` before its title (`slack/sender.py`, https://github.com/robusta-dev/robusta).

>>> head = {"type": "section", "text": {"type": "mrkdwn", "text": "`firing` `high` <https://a.example/f|*checkout restarts*>"}}
>>> source = {"type": "section", "text": {"type": "mrkdwn", "text": "*Source:* prod-eu"}}
>>> alert = read({"text": "checkout restarts", "blocks": [head, source]})
>>> alert.title, alert.firing, alert.labels
('checkout restarts', True, {'Source': 'prod-eu'})
"""

from __future__ import annotations

import re

from bot.alerts.message import Message, fields, sent_at, words
from bot.alerts.wording import key, listed, plain
from bot.model.alert import Alert

HEAD = re.compile(r"`(?P<state>firing|resolved)`\s+`\w+`\s+(?P<title>\S.*)", re.IGNORECASE)
RESOLVED = re.compile(r"^\[RESOLVED\]\s*", re.IGNORECASE)


def read(message: Message) -> Alert | None:
    """Return the alert in a Robusta message; None when the message does not look like one."""
    texts = words(message)
    head = next((match for text in texts if (match := HEAD.search(text))), None)
    if not head:
        return None
    said = plain(head["title"])
    title = RESOLVED.sub("", said)
    resolved = head["state"].lower() == "resolved" or any(map(RESOLVED.match, (said, texts[0])))
    return Alert(
        source="robusta",
        fingerprint=f"robusta:{key(title)}",
        title=title,
        firing=not resolved,
        labels=listed("\n".join(texts)) | fields(message),
        text="\n".join(texts),
        occurred_at=sent_at(message),
    )
