"""What a look after a mitigation has shown, for the incident's thread."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.diagnosis import Diagnosis
from bot.model.incident import Incident
from bot.model.message import SlackMessage
from bot.model.recovery import Recovery
from bot.render.phrases import cost_text
from bot.render.recovery import lines, sentence, verdict
from bot.render.slack.blocks import context, listing, message, section
from bot.render.slack.escape import date, inline

_MARKS = {True: ":white_check_mark:", False: ":x:", None: ":grey_question:"}


def checked(incident: Incident, recoveries: Sequence[Recovery], diagnosis: Diagnosis, *, new: Sequence[str]) -> SlackMessage:
    """Return the answer: whether it has recovered, each finding then and now, and what is wrong that was not before."""
    said = sentence(incident, recoveries, diagnosis)
    body = [section(f"{_MARKS[verdict(recoveries)]} *{inline(said)}*")]
    body += listing("Then and now", [f"• {inline(line)}" for line in (*lines(recoveries), *new)], rest="findings")
    small = " · ".join(filter(None, (f"looked {date(diagnosis.started_at)}", cost_text(diagnosis))))
    return message(said, body, tail=[context(small)])
