r"""Any other bot's message: its first line is the title, words for "over" make it a resolved one.

>>> alert = read({"text": "*Probe failed:* checkout\n - service = checkout"})
>>> alert.title, alert.labels
('Probe failed: checkout', {'service': 'checkout'})
"""

from __future__ import annotations

from bot.alerts.message import Message, fields, sent_at, words
from bot.alerts.wording import OVER, key, listed, plain
from bot.model.alert import Alert


def read(message: Message) -> Alert | None:
    """Return the message as an alert; None when it has no words at all."""
    texts = words(message)
    if not texts:
        return None
    text = "\n".join(texts)
    title = plain(texts[0].splitlines()[0])
    return Alert(
        source="generic",
        fingerprint=f"generic:{key(title)}",
        title=title,
        firing=not OVER.search(title),
        labels=listed(text) | fields(message),
        text=text,
        occurred_at=sent_at(message),
    )
