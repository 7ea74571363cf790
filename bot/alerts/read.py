"""The table of alert sources. The first parser that knows the message's shape wins; `generic` knows every shape."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.alerts import (
    alertmanager,
    cloudwatch,
    datadog,
    generic,
    grafana,
    oncall,
    opsgenie,
    pagerduty,
    pattern,
    robusta,
    sentry,
    uptimekuma,
)
from bot.alerts.message import Message
from bot.model.alert import Alert

# Shapes that can be told by themselves come first (Alertmanager after those that use its `[RESOLVED]`); then those that are told
# by who sent them or where they link to, which other products' messages may do as well.
PARSERS = (
    grafana.read,
    robusta.read,
    alertmanager.read,
    uptimekuma.read,
    sentry.read,
    cloudwatch.read,
    oncall.read,
    datadog.read,
    pagerduty.read,
    opsgenie.read,
    generic.read,
)


def read_alert(message: Message, patterns: Sequence[re.Pattern[str]] = ()) -> Alert | None:
    """Return the alert a Slack message carries; None when the message has no words. Configured patterns are tried first."""
    by_pattern = (alert for each in patterns if (alert := pattern.read(message, each)))
    by_product = (alert for parser in PARSERS if (alert := parser(message)))
    return next(by_pattern, None) or next(by_product, None)
