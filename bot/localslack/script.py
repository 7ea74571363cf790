"""The script language: one line is one thing somebody does. `gocrash demo --script FILE` and `LocalSlack.run_line` speak it.

In: a line, and who types it where unless an earlier line (`user`, `channel`) said otherwise. Out: what happens in the workspace.
A line whose first word is none of the verbs below is typed as a message, so `say` is only needed before a verb's own word.

    user jonas                 the next lines are his
    channel alerts             they happen in #alerts
    thread                     they go below the message meant; `thread off` back to the channel
    say in fact it was DNS     a message (also a line that starts with none of these words)
    /gocrash checkout          a slash command
    alert NAME                 another product posts an alert of `alerts/`
    resolve NAME               the product edits its last alert into the alert NAME
    react eyes | unreact eyes  pin | unpin       on the message meant
    edit NEW TEXT | delete     the user's own last message
    upload FILE [TEXT]         a file of this machine
    shortcut ID                of the menu of the message meant, or a global one
    click LABEL                a button or menu entry, in the open form, on the Home tab after `home`, or in the channel
    submit field=value …       the open form, by block or action id; values with blanks in quotes
    close                      the open form
    home                       look at the app's Home tab

The message meant is the last one that a person or another product posted in the channel.
"""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.localslack.elements import all_blocks, labelled
from bot.localslack.gestures import Gestures
from bot.localslack.nouns import Message, View
from bot.localslack.people import People
from bot.localslack.refusal import Refused
from bot.localslack.workspace import Workspace

Verb = Callable[[str], "Awaitable[object] | object"]


class Script:
    """Who types where, between one line and the next."""

    def __init__(self, workspace: Workspace, people: People, gestures: Gestures) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = people
        self._gestures = gestures
        self._user = self._channel = ""
        self._said_user = self._said_channel = ""
        self._thread = ""
        self._at_home = False
        self._alerts: dict[str, str] = {}
        self._verbs: dict[str, Verb] = {
            "user": self._as,
            "channel": self._in,
            "thread": self._below,
            "say": self._say,
            "alert": self._alert,
            "resolve": self._resolve,
            "react": lambda name: self._people.react(self._user, self._meant().ts, name),
            "unreact": lambda name: self._people.react(self._user, self._meant().ts, name, present=False),
            "pin": lambda _: self._people.pin(self._user, self._meant().ts),
            "unpin": lambda _: self._people.pin(self._user, self._meant().ts, present=False),
            "edit": lambda text: self._people.edit(self._own().ts, text),
            "delete": lambda _: self._people.delete(self._own().ts),
            "upload": self._upload,
            "shortcut": self._shortcut,
            "click": self._click,
            "submit": self._submit,
            "close": lambda _: self._gestures.close_view(self._user),
            "home": self._home,
        }

    async def run(self, user: str, channel: str, line: str) -> None:
        """Do what a line says; `Refused` says what cannot be done."""
        self._user, self._channel = self._said_user or user, self._said_channel or channel
        word, _, rest = line.strip().partition(" ")
        if word.startswith("/"):
            await self._gestures.command(self._user, self._channel, line.strip())
            return
        done = self._verbs[word](rest.strip()) if word in self._verbs else self._say(line.strip())
        if isinstance(done, Awaitable):
            await done

    def _as(self, name: str) -> None:
        self._said_user = self._store.person(name).name

    def _in(self, name: str) -> None:
        self._said_channel, self._thread, self._at_home = self._workspace.meeting_place(self._user, name).id, "", False

    def _below(self, word: str) -> None:
        self._thread = "" if word == "off" else self._meant().thread_ts or self._meant().ts

    def _say(self, text: str) -> Message:
        return self._people.say(self._user, self._channel, text, thread_ts=self._thread)

    def _alert(self, name: str) -> None:
        posted = self._people.post_alert(name, thread_ts="")
        self._alerts[posted.bot] = posted.ts

    def _resolve(self, name: str) -> None:
        bot = self._people.alert_bot(name).id
        if bot not in self._alerts:
            raise Refused("message_not_found", hint=f"no line before this one let the product of {name} post an alert")
        self._people.edit_alert(self._alerts[bot], name)

    def _upload(self, rest: str) -> None:
        name, *words = shlex.split(rest) or [""]
        try:
            content = Path(name).read_bytes()
        except OSError as error:
            raise Refused("file_not_found", hint=f"{name} cannot be read: {error.strerror}") from None
        text = " ".join(words)
        self._people.upload(self._user, self._channel, Path(name).name, content, text=text, thread_ts=self._thread)

    async def _shortcut(self, callback_id: str) -> None:
        known = self._workspace.app.shortcuts.get(callback_id)
        of_message = known is not None and known.kind == "message"
        await self._gestures.shortcut(self._user, callback_id, self._meant().ts if of_message else "")

    async def _click(self, label: str) -> None:
        where, block_id, action_id, chosen = self._labelled(label)
        await self._gestures.click(self._user, where, action_id, chosen, block_id=block_id)

    def _labelled(self, label: str) -> tuple[str, str, str, object]:
        """Where the newest button or menu entry of that name stands for this person."""
        known: list[object] = []
        person = self._store.person(self._user)
        modals = self._store.modals.get(person.id, ())
        home = self._store.homes.get(person.id) if self._at_home else None
        view: View | None = modals[-1] if modals else home
        here = self._workspace.meeting_place(self._user, self._channel).id
        seen = [each for each in self._store.messages(here) if each.visible_to in {"", person.id}]
        places = [(view.id, tuple(view.body["blocks"]))] if view else []
        places += [] if view else [(each.ts, all_blocks(each.blocks, each.attachments)) for each in reversed(seen)]
        for where, blocks in places:
            try:
                return (where, *labelled(blocks, label))
            except Refused as refused:
                known += refused.details["known"]
        raise Refused("no_such_label", label=label, known=list(dict.fromkeys(known)))

    async def _submit(self, rest: str) -> None:
        pairs = [word.partition("=") for word in shlex.split(rest)]
        await self._gestures.submit_view(self._user, {name: value for name, _, value in pairs})

    def _home(self, _: str) -> None:
        self._at_home = True
        self._people.open_home(self._user)

    def _messages(self) -> list[Message]:
        here = self._workspace.meeting_place(self._user, self._channel).id
        return [each for each in self._store.messages(here) if not each.visible_to and each.bot != self._workspace.app.bot_id]

    def _meant(self) -> Message:
        messages = self._messages()
        if not messages:
            raise Refused("message_not_found", hint="nobody has posted in this channel yet")
        return messages[-1]

    def _own(self) -> Message:
        mine = self._store.person(self._user).id
        own = [each for each in self._messages() if each.user == mine and not each.bot and each.subtype != "command"]
        if not own:
            raise Refused("message_not_found", hint=f"{self._user} has written nothing in this channel")
        return own[-1]
