"""Grafana OnCall's message of an alert group: title and words in blocks; the colour of an attachment says its state.

The same message is edited when the group is acknowledged or resolved (`slack_renderer.py`, https://github.com/grafana/oncall).

>>> alert = read({
...     "bot_profile": {"name": "Grafana OnCall"},
...     "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*<https://a.example/1|#7 SlowRequests>* via Prom"}}],
...     "attachments": [{"color": "#2eb886", "fallback": "Resolved"}],
... })
>>> alert.title, alert.firing, alert.fingerprint
('SlowRequests via Prom', False, 'oncall:slowrequests via prom')
"""

from __future__ import annotations

import re

from bot.alerts.message import Message, attachments, fields, sent_at, sent_by, words
from bot.alerts.wording import key, listed, plain
from bot.model.alert import Alert

RESOLVED_COLOR = "2eb886"
ACKNOWLEDGED_COLOR = "daa038"
NUMBER = re.compile(r"^#\d+\s+")


def read(message: Message) -> Alert | None:
    """Return the alert in a Grafana OnCall message; None when the message does not look like one."""
    texts = words(message)
    if not texts or not sent_by(message, "oncall", "oncall.grafana.net"):
        return None
    # Every group has a number of its own, so that the next group of the same alert has another.
    title = NUMBER.sub("", plain(texts[0].splitlines()[0]))
    colors = {color.lstrip("#").lower() for color in attachments(message, "color")}
    return Alert(
        source="oncall",
        fingerprint=f"oncall:{key(title)}",
        title=title,
        firing=RESOLVED_COLOR not in colors,
        acknowledged=ACKNOWLEDGED_COLOR in colors and RESOLVED_COLOR not in colors,
        labels=listed("\n".join(texts)) | fields(message),
        text="\n".join(texts),
        occurred_at=sent_at(message),
    )
