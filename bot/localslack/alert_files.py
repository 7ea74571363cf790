"""Alerts of other products, kept as YAML files in `alerts/`: one file is one message as that product posts it.

In: the name of an alert. Out: an `Alert`: who posts it, where, and the message.

>>> alert = load_alert("alertmanager-checkout-high-errors")
>>> alert.bot, alert.channel, alert.message["attachments"][0]["color"]
('Alertmanager', 'alerts', 'danger')
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.localslack.refusal import Json, Refused

ALERTS = Path(__file__).parent / "alerts"


@dataclass(frozen=True, slots=True)
class Alert:
    """`as_app` tells a modern app from an incoming webhook; `message` holds `text`, `attachments` and `blocks`."""

    name: str
    title: str
    bot: str
    channel: str
    as_app: bool
    message: Json


def alert_names() -> tuple[str, ...]:
    """The names of all alerts, sorted."""
    return tuple(sorted(path.stem for path in ALERTS.glob("*.yaml")))


@functools.cache
def load_alert(name: str) -> Alert:
    """The alert of that name (`alertmanager checkout-high-errors` works too); `alert_not_found` otherwise."""
    stem = "-".join(name.split())
    if stem not in alert_names():
        raise Refused("alert_not_found", known=list(alert_names()))
    given = yaml.safe_load((ALERTS / f"{stem}.yaml").read_text())
    return Alert(stem, given["title"], given["bot"], given["channel"], bool(given.get("as_app")), given["message"])
