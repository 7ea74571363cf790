r"""Uptime Kuma's notification: `Uptime Kuma Alert`, then `[monitor] [Down] words` (`slack.js`, https://github.com/louislam/uptime-kuma).

The monitor's name counts as the service.

>>> alert = read({"text": "Uptime Kuma Alert\n[checkout] [Down] connect ECONNREFUSED 10.0.3.7:8080"})
>>> alert.title, alert.firing, alert.fingerprint, alert.labels
('checkout is down', True, 'uptimekuma:checkout', {'service': 'checkout'})
"""

from __future__ import annotations

import re

from bot.alerts.message import Message, fields, words
from bot.alerts.moments import from_text
from bot.model.alert import Alert

HEADING = "Uptime Kuma Alert"
STATE = re.compile(r"^\[(?P<monitor>[^\]\n]+)\]\s*\[[^\]\n]*?(?P<state>Down|Up)\]", re.MULTILINE | re.IGNORECASE)
TIME = "Time (UTC)"


def read(message: Message) -> Alert | None:
    """Return the alert in an Uptime Kuma message; None when the message does not look like one."""
    text = "\n".join(words(message))
    found = STATE.search(text)
    if not found or HEADING not in text:
        return None
    monitor, state = found["monitor"].strip(), found["state"].lower()
    named = fields(message)
    return Alert(
        source="uptimekuma",
        fingerprint=f"uptimekuma:{monitor}",
        title=f"{monitor} is {state}",
        firing=state == "down",
        labels={"service": monitor, **named},
        text=text,
        occurred_at=from_text(named.get(TIME)),
    )
