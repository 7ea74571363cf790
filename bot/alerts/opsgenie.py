"""Opsgenie's message of an alert, read by `paging`.

>>> alert = read({"bot_profile": {"name": "Opsgenie"}, "attachments": [{"title": "#12: Slow", "text": "Tags: service:cart"}]})
>>> alert.title, alert.firing, alert.labels
('Slow', True, {'service': 'cart'})
"""

from __future__ import annotations

from bot.alerts.message import Message, sent_by
from bot.alerts.paging import read_page
from bot.model.alert import Alert


def read(message: Message) -> Alert | None:
    """Return the alert in an Opsgenie message; None when Opsgenie did not send it."""
    return read_page("opsgenie", message) if sent_by(message, "opsgenie", "opsgenie.com") else None
