"""PagerDuty's message of an incident, read by `paging`; it edits its own message when the incident is resolved.

>>> alert = read({"bot_profile": {"name": "PagerDuty"}, "text": "*Triggered #1234:* <https://x.pagerduty.com/incidents/Q1|HighErrorRate>"})
>>> alert.title, alert.firing
('HighErrorRate', True)
"""

from __future__ import annotations

from bot.alerts.message import Message, sent_by
from bot.alerts.paging import read_page
from bot.model.alert import Alert


def read(message: Message) -> Alert | None:
    """Return the alert in a PagerDuty message; None when PagerDuty did not send it."""
    return read_page("pagerduty", message) if sent_by(message, "pagerduty", "pagerduty.com") else None
