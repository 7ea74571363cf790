"""Modals: which one a click opens, and what is wrong with what was entered in it. Reads the store; writes and asks nothing.

Slack takes a modal within three seconds of the click, so these are made in the listener itself. What was entered is a durable job
like everything else (`submissions`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.alerts.message import words
from bot.errors import UsageError
from bot.incidents.answers import Answer
from bot.incidents.store import Store
from bot.model.incident import Incident, Status
from bot.model.message import Choice, View
from bot.render.document import diagnosis_of
from bot.render.slack import modals
from bot.respond.headlines import FULL_DUMP, MORE, MUTE, RESOLVE, SEVERITY, WRONG, withheld

Body = Mapping[str, Any]

# What a note keeps of a message: the rest of the message stays where it is, behind the permalink.
NOTE_TEXT = 1_000


class Dialogs:
    """The modals of one bot."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def opened_by(self, body: Body) -> View | None:
        """Return the modal that a click opens; None when it opens none."""
        action = body["actions"][0]
        value = chosen_value(action)
        if action["action_id"] == RESOLVE:
            return self._made(self._resolve, value, body)
        word, _, rest = value.partition(" ")
        if action["action_id"] != MORE or word not in self._made_by_word:
            return None
        return self._made(self._made_by_word[word], rest, body)

    def asking_for_incident(self, body: Body) -> View:
        """Return the modal that asks to which incident a message belongs, for the shortcut `Add to the timeline`."""
        note = note_of(body)
        incidents = self._store.incidents.list_incidents(status="open")
        metadata = json.dumps(note | {"response_url": body.get("response_url", "")}, ensure_ascii=False)
        return modals.note(note["text"], moment(note["ts"]), incidents, metadata=metadata)

    def incident_of_message(self, body: Body) -> int | None:
        """Return the number of the incident in whose thread a shortcut's message stands; None when it stands in none."""
        note = note_of(body)
        return self._store.answers.incident_at(note["channel"], note["thread_ts"] or note["ts"])

    @property
    def _made_by_word(self) -> Mapping[str, Callable[[int, str, str], View]]:
        return {FULL_DUMP: self._full_dump, SEVERITY: self._severity, WRONG: self._wrong, MUTE: self._mute}

    def _made(self, make: Callable[[int, str, str], View], value: str, body: Body) -> View:
        """Make a modal from `<incident> <headline>`; what can no longer be asked is said in one."""
        number, _, key = value.partition(" ")
        metadata = {
            "incident": int(number),
            "headline": key,
            "channel": (body.get("channel") or {}).get("id", ""),
            "response_url": body.get("response_url", ""),
        }
        try:
            return make(int(number), key, json.dumps(metadata))
        except UsageError as error:
            return modals.gone(str(error))

    def _resolve(self, number: int, _key: str, metadata: str) -> View:
        return modals.resolve(self._open(number), metadata=metadata)

    def _severity(self, number: int, _key: str, metadata: str) -> View:
        return modals.severity(self._store.incidents.get(number), metadata=metadata)

    def _full_dump(self, _number: int, key: str, metadata: str) -> View:
        diagnosis = diagnosis_of(self._answer(key).document)
        if not (found := withheld(diagnosis)):
            raise UsageError("The full dump was taken in the meantime: the thread has it.")
        instance, dump = found[0]
        return modals.full_dump(
            diagnosis.service,
            instance,
            total_seconds=dump.would_freeze_seconds,
            longest_seconds=dump.longest_freeze_seconds,
            metadata=json.dumps(json.loads(metadata) | {"service": diagnosis.service, "instance": instance}),
        )

    def _wrong(self, _number: int, key: str, metadata: str) -> View:
        diagnosis = diagnosis_of(self._answer(key).document)
        choices = [Choice(f"{finding.title}: {finding.summary}", finding.fingerprint) for finding in diagnosis.findings]
        return modals.wrong(choices, metadata=metadata)

    def _mute(self, _number: int, key: str, metadata: str) -> View:
        service = str(self._answer(key).document["service"])
        return modals.mute(service, metadata=json.dumps(json.loads(metadata) | {"service": service}))

    def _open(self, number: int) -> Incident:
        incident = self._store.incidents.get(number)
        if incident.status is Status.RESOLVED:
            raise UsageError(f"{incident.key} is resolved already.")
        return incident

    def _answer(self, key: str) -> Answer:
        answer = self._store.answers.last(key)
        if answer is None:
            raise UsageError("This message holds no diagnosis any more: ask again.")
        return answer


def problems(view: View) -> dict[str, str]:
    """Return what is wrong with what was entered in a modal, by the block it stands in; nothing when all is well."""
    values = entered(view)
    blank = {
        modals.WRONG: "Say in a few words what was wrong: whoever mends the playbook reads this.",
        modals.MUTE: "Say why in a few words: others wonder where the alerts are.",
    }
    text = values.get(modals.TEXT)
    if view["callback_id"] in blank and not (text or "").strip():
        return {modals.TEXT: blank[view["callback_id"]]}
    return {}


def entered(view: View) -> dict[str, str]:
    """Return what was entered in a modal, by block; what was left empty is an empty text."""
    values: dict[str, str] = {}
    for block_id, elements in view["state"]["values"].items():
        for element in elements.values():
            values[block_id] = chosen_value(element)
    return values


def chosen_value(element: Mapping[str, Any]) -> str:
    """Return what a button, a menu or an input hands back."""
    chosen = element.get("selected_option") or element
    return str(chosen.get("value") or "")


def note_of(body: Body) -> dict[str, str]:
    """Return what is needed of the message a shortcut was used on: its text (cut), author, time and place."""
    message = body["message"]
    return {
        "channel": body["channel"]["id"],
        "ts": message["ts"],
        "thread_ts": message.get("thread_ts", ""),
        "text": (str(message.get("text") or "") or "\n".join(words(message)))[:NOTE_TEXT],
        "user": message.get("user", ""),
        "username": message.get("username") or (message.get("bot_profile") or {}).get("name", ""),
    }


def moment(ts: str) -> datetime:
    """Return the time that Slack's timestamp of a message stands for.

    >>> moment("1700000000.000100").isoformat(timespec="seconds")
    '2023-11-14T22:13:20+00:00'
    """
    return datetime.fromtimestamp(float(ts), tz=UTC)
