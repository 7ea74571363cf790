"""What a test or a script can do to the local Slack: act as people and as other products, and cause trouble.

In: who, where and what, as in `people.py`, `gestures.py` and `trouble.py`. Out: timestamps and acks. `LocalSlack` inherits these
verbs; each carries its work to the server's thread and waits for the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.localslack.background import Background
from bot.localslack.control import Control
from bot.localslack.delivery import Ack
from bot.localslack.refusal import Json


class Acting:
    """The verbs. The heir sets the two attributes."""

    _background: Background
    _control: Control

    def say(self, user: str, channel: str, text: str, thread_ts: str = "", *, broadcast: bool = False) -> str:
        """Type a message, in a thread if given; the new timestamp. The app's name as channel means its direct message."""
        return self._background.do(
            lambda: self._control.people.say(user, channel, text, thread_ts=thread_ts, broadcast=broadcast)
        ).ts

    def post_as_bot(
        self,
        channel: str,
        bot: str,
        text: str = "",
        *,
        attachments: Sequence[Json] = (),
        blocks: Sequence[Json] = (),
        thread_ts: str = "",
        as_app: bool = False,
    ) -> str:
        """Post as another product: a webhook (subtype `bot_message`), or with `as_app` a modern app; the new timestamp."""
        people = self._control.people
        return self._background.do(
            lambda: people.post_as_bot(
                channel, bot, text, attachments=attachments, blocks=blocks, thread_ts=thread_ts, as_app=as_app
            )
        ).ts

    def post_alert(self, name: str, channel: str = "", *, thread_ts: str = "") -> str:
        """Post one of the alerts in `alerts/`; the new timestamp."""
        return self._background.do(lambda: self._control.people.post_alert(name, channel, thread_ts=thread_ts)).ts

    def edit_alert(self, ts: str, name: str) -> None:
        """Let the product that posted the alert `ts` edit it into the alert `name`, as some do when it resolves."""
        self._background.do(lambda: self._control.people.edit_alert(ts, name))

    def edit(
        self, ts: str, text: str, *, attachments: Sequence[Json] | None = None, blocks: Sequence[Json] | None = None
    ) -> None:
        """Edit a message of a person or of another product."""
        self._background.do(lambda: self._control.people.edit(ts, text, attachments=attachments, blocks=blocks))

    def delete(self, ts: str) -> None:
        """Delete a message."""
        self._background.do(lambda: self._control.people.delete(ts))

    def upload(self, user: str, channel: str, name: str, content: bytes, *, text: str = "", thread_ts: str = "") -> str:
        """Share a file; the timestamp of the message that shows it."""
        return self._background.do(
            lambda: self._control.people.upload(user, channel, name, content, text=text, thread_ts=thread_ts)
        ).ts

    def react(self, user: str, ts: str, name: str, *, present: bool = True) -> None:
        """Add an emoji (`eyes`), or take it back."""
        self._background.do(lambda: self._control.people.react(user, ts, name, present=present))

    def pin(self, user: str, ts: str, *, present: bool = True) -> None:
        """Pin a message, or unpin it."""
        self._background.do(lambda: self._control.people.pin(user, ts, present=present))

    def open_home(self, user: str) -> None:
        """Look at the app's Home tab."""
        self._background.do(lambda: self._control.people.open_home(user))

    def command(self, user: str, channel: str, line: str) -> Ack:
        """Type a slash command and wait for the ack."""
        return self._background.result_of(self._control.gestures.command(user, channel, line))

    def click(
        self, user: str, where: str, action_id: str, chosen: object = None, *, values: Mapping[str, object] | None = None
    ) -> Ack:
        """Use a button or menu of a message (`where`: its timestamp) or a view (its id) and wait for the ack.

        `chosen` is the value of the option chosen; for buttons that share an action id, the value of the one meant.
        """
        return self._background.result_of(self._control.gestures.click(user, where, action_id, chosen, values=values))

    def shortcut(self, user: str, callback_id: str, ts: str = "") -> Ack:
        """Choose a shortcut, from the menu of the message `ts` or a global one, and wait for the ack."""
        return self._background.result_of(self._control.gestures.shortcut(user, callback_id, ts))

    def submit_view(self, user: str, values: Mapping[str, object]) -> Ack:
        """Send the modal this person has open, with values by block id or action id, and wait for the ack."""
        return self._background.result_of(self._control.gestures.submit_view(user, values))

    def close_view(self, user: str) -> Ack:
        """Close the modal this person has open."""
        return self._background.result_of(self._control.gestures.close_view(user))

    def options(self, user: str, where: str, action_id: str, query: str = "") -> Ack:
        """Type into a menu whose options the app looks up (`external_select`) and wait for them; the ack's payload holds them.

        An option offered here can be chosen with `click` or filled in with `submit_view`.
        """
        return self._background.result_of(self._control.gestures.options(user, where, action_id, query))

    def run_line(self, user: str, channel: str, line: str) -> None:
        """Do what a line of a script says (see `script.py`), as `user` in `channel` unless an earlier line said otherwise."""
        self._background.result_of(self._control.script.run(user, channel, line))

    # Trouble

    def inject(
        self,
        method: str,
        *,
        times: int = 1,
        status: int = 429,
        retry_after_seconds: int = 1,
        delay_seconds: float = 0.0,
        after: bool = False,
    ) -> None:
        """Make the next `times` calls of `method` (`*`: any; `response_url`; `upload`) fail or be slow; see `faults.Fault`."""
        trouble = self._control.trouble
        self._background.do(lambda: trouble.inject(method, times, status, retry_after_seconds, delay_seconds, after=after))

    def drop_sockets(self, reason: str = "refresh_requested", *, after_seconds: float = 0.0) -> None:
        """End the app's sockets as Slack does (`warning`, `refresh_requested`), or abruptly with an empty reason.

        With `after_seconds` the sockets end that long after the `disconnect` message, which gives the app time for a new one.
        """
        self._background.result_of(self._control.trouble.drop_sockets(reason, after_seconds))

    def silence_sockets(self) -> None:
        """Make the sockets that are open now go silent: they stay open, deliver nothing, and no ping is answered."""
        self._background.do(self._control.trouble.silence_sockets)

    def repeat_next_event(self) -> None:
        """Deliver the next event twice, with the same event id."""
        self._background.do(self._control.trouble.repeat_next_event)

    def reverse_next_events(self, count: int = 2) -> None:
        """Hold the next `count` events back and deliver them last first; after 5 s also when fewer came."""
        self._background.do(lambda: self._control.trouble.reverse_next_events(count))
