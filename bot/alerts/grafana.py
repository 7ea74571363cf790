r"""Grafana alerting's Slack notification: Alertmanager's title, and the labels of every alert as ` - name = value` lines.

The text has a part **Firing** and a part **Resolved**; one notification may hold both (template `default.message`,
https://github.com/grafana/alerting/blob/main/templates/default_template.go).

>>> text = "**Firing**\n\nValue: A=9\nLabels:\n - alertname = SlowRequests\n - service = checkout\nAnnotations:\n"
>>> alert = read({"attachments": [{"title": "[FIRING:1] SlowRequests (checkout)", "text": text, "footer": "Grafana v12.1.0"}]})
>>> alert.title, alert.firing, alert.labels
('SlowRequests (checkout)', True, {'alertname': 'SlowRequests', 'service': 'checkout'})
"""

from __future__ import annotations

import re

from bot.alerts.alertmanager import TITLE
from bot.alerts.message import Message, attachments, fields, sent_at, words
from bot.alerts.wording import listed
from bot.model.alert import Alert

PART = re.compile(r"^\*\*(?P<state>Firing|Resolved)\*\*$", re.MULTILINE)


def read(message: Message) -> Alert | None:
    """Return the alert in a Grafana message; None when the message does not look like one."""
    texts = words(message)
    text = "\n".join(texts)
    found = next((match for line in texts if (match := TITLE.match(line))), None)
    by_grafana = any(footer.startswith("Grafana") for footer in attachments(message, "footer"))
    if not found or not (by_grafana or PART.search(text)):
        return None
    title = found["rest"].strip()
    firing = found["state"] == "FIRING"
    return Alert(
        source="grafana",
        fingerprint=f"grafana:{title}",
        title=title,
        firing=firing,
        labels=listed(_part(text, "Firing") if firing else text) | fields(message),
        text=text,
        occurred_at=sent_at(message),
    )


def _part(text: str, state: str) -> str:
    """Return the part of one state: what has ended tells nothing about what still fires. The whole text where it has no parts."""
    marks = [*PART.finditer(text)]
    for number, mark in enumerate(marks):
        if mark["state"] == state:
            return text[mark.end() : marks[number + 1].start() if number + 1 < len(marks) else len(text)]
    return text
