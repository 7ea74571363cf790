"""The table of alert sources. The first parser that knows the message's shape wins; `generic` knows every shape."""

from __future__ import annotations

from bot.alerts import alertmanager, generic
from bot.alerts.message import Message
from bot.model.alert import Alert

PARSERS = (alertmanager.read, generic.read)


def read_alert(message: Message) -> Alert | None:
    """Return the alert a Slack message carries; None when the message has no words."""
    return next((alert for parser in PARSERS if (alert := parser(message))), None)
