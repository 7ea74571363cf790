"""Prometheus Alertmanager's default Slack notification: no text, one attachment, everything in its title.

The title is `[FIRING:2] HighErrorRate (checkout critical)` or `[RESOLVED] …`: the values of the labels without their names
(template `slack.default.title`, https://github.com/prometheus/alertmanager/blob/main/template/default.tmpl).

>>> alert = read({"attachments": [{"title": "[FIRING:2] HighErrorRate (checkout critical)", "fallback": "x"}]})
>>> alert.title, alert.firing, alert.labels
('HighErrorRate (checkout critical)', True, {'alertname': 'HighErrorRate'})
"""

from __future__ import annotations

import re

from bot.alerts.message import Message, fields, words
from bot.alerts.wording import listed
from bot.model.alert import Alert

TITLE = re.compile(r"\[(?P<state>FIRING|RESOLVED)(?::\d+)?[^\]]*\]\s*(?P<rest>.+)")


def read(message: Message) -> Alert | None:
    """Return the alert in an Alertmanager message; None when the message does not look like one."""
    texts = words(message)
    found = next((match for text in texts if (match := TITLE.match(text))), None)
    if not found:
        return None
    title = found["rest"].strip()
    return Alert(
        source="alertmanager",
        # The count in `FIRING:2` changes from notification to notification; the rest is the alert group's key.
        fingerprint=f"alertmanager:{title}",
        title=title,
        firing=found["state"] == "FIRING",
        labels={"alertname": title.split()[0], **listed("\n".join(texts)), **fields(message)},
        text="\n".join(texts),
    )
