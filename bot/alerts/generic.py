r"""Any other bot's message: its first line is the title, words for "over" make it a resolved one.

>>> read({"text": "Probe failed: checkout\ndetails"}).title
'Probe failed: checkout'
"""

from __future__ import annotations

import re

from bot.alerts.message import Message, fields, words
from bot.model.alert import Alert

RESOLVED = re.compile(r"\b(?:resolved|recovered|ok again|back to normal)\b", re.IGNORECASE)
NUMBERS = re.compile(r"\d+")


def read(message: Message) -> Alert | None:
    """Return the message as an alert; None when it has no words at all."""
    texts = words(message)
    if not texts:
        return None
    title = texts[0].splitlines()[0]
    return Alert(
        source="generic",
        fingerprint="generic:" + NUMBERS.sub("#", RESOLVED.sub("", title)).strip(),
        title=title,
        firing=not RESOLVED.search(title),
        labels=fields(message),
        text="\n".join(texts),
    )
