"""`Request`: what somebody typed after `/gocrash`, and the ways to answer it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import UsageError
from bot.model.incident import Incident, Job
from bot.model.message import SlackMessage
from bot.render.slack import notices
from bot.respond.asking import actor_of
from bot.respond.changing import changed, guarded, reply
from bot.respond.context import Commit, Context
from bot.respond.permissions import Asker
from bot.respond.posting import put_message

_KEY = re.compile(r"(?:INC-)?(\d{1,9})", re.IGNORECASE)
# Slack's own writing of a person, a channel, a link: `<@U0MAYA|maya>`, `<#C0SHOP|shop>`, `<https://x.example|x>`.
_MARKED = re.compile(r"<(?P<sign>[@#!]?)(?P<what>[^<>|]+)(?:\|(?P<label>[^<>]*))?>")
_PERSON = re.compile(r"<@(?P<user>[UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_QUOTES = (
    "\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{SINGLE LOW-9 QUOTATION MARK}"
)


def split_word(text: str) -> tuple[str, str]:
    r"""Return the first word of a text, and the rest as it stands, with its line ends.

    >>> split_word("note  INC-7\nfailed over")
    ('note', 'INC-7\nfailed over')
    """
    first, *rest = text.strip().split(maxsplit=1) or [""]
    return first, rest[0] if rest else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One command or mention.

    Attributes:
        context, job: what handlers work with; the job's payload says who asks, where, and how to answer.
        text: what stands after the verb, as Slack sends it.
        here: number of the incident in whose thread it was said; None elsewhere.
    """

    context: Context
    job: Job
    text: str
    here: int | None

    @property
    def words(self) -> tuple[str, ...]:
        """The words after the verb, without the quotation marks that phones put around them."""
        return tuple(word for word in (each.strip(_QUOTES) for each in self.text.split()) if word)

    @property
    def actor(self) -> str:
        """Who asks, by name."""
        return actor_of(self.job)

    @property
    def asker(self) -> Asker:
        """Who asks, for permissions."""
        return Asker(self.job.payload["user"], self.actor, self.job.payload["channel"])

    def incident(self) -> tuple[Incident, str]:
        """Return the incident that is meant, and the text after it: `INC-7 rolled back`; in its thread the key may be left out.

        Raises:
            UsageError: none is named and this is no incident's thread, or there is no such incident.
        """
        first, rest = split_word(self.text)
        key = _KEY.fullmatch(first.strip(_QUOTES))
        # In a thread a bare number is a word like any other.
        if key and (self.here is None or first.upper().startswith("INC-")):
            return self.context.store.incidents.get(int(key[1])), self.readable(rest)
        if self.here is None:
            raise UsageError("name an incident, such as INC-7: `/gocrash incidents` lists them")
        return self.context.store.incidents.get(self.here), self.readable(self.text)

    def person(self, text: str) -> str:
        """Return a person's name: `<@U0MAYA|maya>`, as Slack writes those it knows, or a name without an @.

        Raises:
            UsageError: Slack knows nobody of that name.
        """
        if found := _PERSON.fullmatch(text.strip()):
            return self.context.workspace.name(found["user"])
        name = self.readable(text)
        if name.startswith("@"):
            raise UsageError(f"Slack knows no {name} here: type @ and choose a person from its list")
        return name

    def readable(self, text: str) -> str:
        """Return a text as people see it: names instead of ids, links by their address, entities decoded."""

        def seen(match: re.Match[str]) -> str:
            sign, what, label = match["sign"], match["what"], match["label"]
            if sign == "@" and not label:
                label = self.context.workspace.name(what)
            return f"{sign}{label or what}" if sign else what

        return html.unescape(_MARKED.sub(seen, text)).strip()

    def options(self, words: Sequence[str], known: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Split words into options `name=value` (and flags, whose value is empty) and the rest.

        Args:
            words: what was typed.
            known: the options there are, each with an example; an example without `=` is a flag.

        Raises:
            UsageError: an option that there is none of; the message names the nearest.
        """
        found: dict[str, str] = {}
        rest: list[str] = []
        for word in words:
            name, sign, value = word.partition("=")
            if sign and name.lower() not in known:
                near = get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
                example = known[near[0]] if near else " or ".join(known.values())
                raise UsageError(f"there is no option `{name}`: did you mean `{example}`?")
            if sign or name.lower() in known:
                found[name.lower()] = value
            else:
                rest.append(word)
        return found, rest

    def say(self, message: SlackMessage) -> Commit:
        """Answer: to the person alone after a command, in the thread after a mention; with files where all can see them."""
        payload = self.job.payload

        def commit() -> None:
            now = self.context.now()
            # An answer that only one person sees cannot have files.
            if message.files:
                put_message(
                    self.context,
                    f"answer-{self.job.number}",
                    message,
                    channel=payload["channel"],
                    now=now,
                    thread_ts=payload.get("thread_ts", ""),
                    response_url=payload.get("response_url", ""),
                )
                return
            reply(self.context, self.job, message)

        return commit

    def change(self, verb: str, service: str, do: Callable[[], None]) -> Commit:
        """Do something that not everybody may (`guarded`): `verb` is the word of the permission."""
        return guarded(self.context, self.job, verb, service, do)

    def changed(self, incident: Incident, verb: str, line: str) -> None:
        """Write down what follows from a change of an incident, and confirm it. Inside the transaction of the change.

        `line` is what the person did, for the incident's thread: `resolved INC-7: rolled back`.
        """
        changed(self.context, self.job, incident, verb=verb, actor=self.actor, line=line)
        # Who says it in the thread sees the line that stands there.
        if self.here != incident.number:
            reply(self.context, self.job, notices.done(f"You {line}"))
