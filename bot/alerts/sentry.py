"""Sentry's issue alert: the linked title, tags, and a last line with project and short ID.

The first block's id is JSON with the number of the issue; links to the issue hold it too, also in the short message that it was
resolved (`messages/issues.py`, https://github.com/getsentry/sentry). The project counts as the service.

>>> foot = "Project: <https://sentry.example/p|checkout> Alert: New issues Short ID: CHECKOUT-1A"
>>> alert = read({"text": "[checkout] nil map", "blocks": [
...     {"type": "section", "block_id": '{"issue":77}',
...      "text": {"type": "mrkdwn", "text": ":red_circle: <https://sentry.example/issues/77/?x=1|*nil map*>"}},
...     {"type": "context", "elements": [{"type": "mrkdwn", "text": foot}]},
... ]})
>>> alert.title, alert.firing, alert.fingerprint, alert.labels
('nil map', True, 'sentry:77', {'service': 'checkout', 'short_id': 'CHECKOUT-1A'})
"""

from __future__ import annotations

import re

from bot.alerts.message import Message, blocks, fields, sent_at, sent_by, words
from bot.alerts.wording import plain
from bot.model.alert import Alert

LINKED_TITLE = re.compile(r"<https?://[^|<>\s]{0,300}?/issues/(?P<issue>\d+)[^|<>\s]{0,300}\|(?P<title>[^<>]+)>")
BLOCK_ID = re.compile(r'"issue"\s*:\s*"?(?P<issue>\d+)')
PROJECT = re.compile(r"\bProject:\s*(?:<[^|<>]*\|)?(?P<project>[\w.-]+)")
SHORT_ID = re.compile(r"\bShort ID:\s*(?:<[^|<>]*\|)?(?P<id>[A-Z0-9_-]+)")
TAG = re.compile(r"(?<![\w.])(?P<name>[\w.]+): `(?P<value>[^`]+)`")
RESOLVED = re.compile(r"(?:^|\bwas (?:automatically )?|\bas )resolved\b", re.IGNORECASE | re.MULTILINE)


def read(message: Message) -> Alert | None:
    """Return the alert in a Sentry message; None when the message does not look like one."""
    texts = words(message)
    text = "\n".join(texts)
    linked = LINKED_TITLE.search(text)
    ids = [match["issue"] for block in blocks(message) if (match := BLOCK_ID.search(str(block.get("block_id", ""))))]
    short = SHORT_ID.search(text)
    if not linked or not (ids or short or sent_by(message, "sentry", "sentry.io")):
        return None
    title = plain(linked["title"])
    labels = {match["name"]: match["value"] for match in TAG.finditer(text)}
    if project := PROJECT.search(text):
        labels.setdefault("service", project["project"])
    if short:
        labels["short_id"] = short["id"]
    return Alert(
        source="sentry",
        fingerprint=f"sentry:{ids[0] if ids else linked['issue']}",
        title=title,
        # The title is the error's own words, and those may hold any word.
        firing=not RESOLVED.search(plain(text).replace(title, "")),
        labels=labels | fields(message),
        text=text,
        occurred_at=sent_at(message),
    )
