"""Amazon CloudWatch's alarms as AWS Chatbot (Amazon Q) posts them: `The alarm NAME changed state to ALARM: …`.

The newer cards say the same in fields, and link to the alarm in the console; its region stands in that link.

>>> link = "https://eu-west-1.console.aws.example/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/checkout-5xx"
>>> alert = read({"text": f"The alarm checkout-5xx changed state to OK: Threshold no longer crossed. <{link}|View>"})
>>> alert.title, alert.firing, alert.fingerprint, alert.labels["region"]
('checkout-5xx', False, 'cloudwatch:eu-west-1/checkout-5xx', 'eu-west-1')
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from bot.alerts.message import Message, attachments, fields, sent_at, words
from bot.alerts.wording import listed, plain
from bot.model.alert import Alert

CHANGED = re.compile(
    r"\balarm\s+[\"“]?(?P<name>[^\"”\n]{1,255}?)[\"”]?\s+changed state to\s+(?P<state>ALARM|OK|INSUFFICIENT_DATA)\b",
    re.IGNORECASE,
)
LINK = re.compile(
    r"/cloudwatch/[^\s|>]{0,99}?region=(?P<region>[a-z0-9-]{1,30})[^\s|>]{0,99}?#alarmsV2:alarm/(?P<name>[^\s|>?&]{1,999})"
)
STATE = re.compile(r"(?<![\w-])(?P<state>ALARM|OK|INSUFFICIENT_DATA)(?![\w-])")


def read(message: Message) -> Alert | None:
    """Return the alarm in a CloudWatch message; None when the message does not look like one."""
    text = "\n".join(words(message))
    changed = CHANGED.search(plain(text))
    link = LINK.search("\n".join((text, *attachments(message, "title_link"))))
    state = changed or STATE.search(text)
    name = changed["name"] if changed else unquote(link["name"]) if link else ""
    if not name or not state:
        return None
    region = {"region": link["region"]} if link else {}
    return Alert(
        source="cloudwatch",
        fingerprint=f"cloudwatch:{region.get('region', '')}/{name}",
        title=name,
        # INSUFFICIENT_DATA fires as well: a process that has died reports nothing.
        firing=state["state"].upper() != "OK",
        labels=region | listed(text) | fields(message),
        text=text,
        occurred_at=sent_at(message),
    )
