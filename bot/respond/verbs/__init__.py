"""`VERBS`: every word that may stand after `/gocrash`. Help is generated from it, and wrong words get its nearest.

A verb is one line here and one function in the module of its kind, from a `Request` to what is to be written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import UsageError
from bot.render.slack import notices
from bot.render.slack.notices import Verb
from bot.respond.context import Commit
from bot.respond.verbs import changing, documents, looking, reading
from bot.respond.verbs.request import Request

CLOSE = 0.7
"""How like a wrong word a verb must be to be offered for it."""


@dataclass(frozen=True, slots=True)
class Command:
    """One verb: what help says of it, and what it does."""

    help: Verb
    run: Callable[[Request], Commit]


def help_(request: Request) -> Commit:
    """`help [verb]`."""
    words = request.words
    if not words:
        services = list(request.context.config.services)
        return request.say(notices.help_text([command.help for command in VERBS.values()], services=services))
    if words[0].lower() not in VERBS:
        near = get_close_matches(words[0].lower(), list(VERBS), n=1, cutoff=CLOSE)
        raise UsageError(f"there is no verb `{words[0]}`" + (f": did you mean `{near[0]}`?" if near else ""))
    return request.say(notices.verb_help(VERBS[words[0].lower()].help))


VERBS: Mapping[str, Command] = {
    name: Command(Verb(f"/gocrash {usage}", does), run)
    for name, usage, does, run in (
        (
            "diagnose",
            "checkout [instance=…] [since=30m] [deep]",
            "diagnose a service; `deep` takes the full dump whatever it freezes",
            looking.diagnose,
        ),
        ("incidents", "incidents [open|all] [checkout]", "list incidents", reading.incidents),
        ("show", "show INC-7", "what an incident is about", reading.show),
        ("timeline", "timeline INC-7 [markdown|json|csv|html]", "what happened when, and who did what", reading.timeline),
        ("note", "note INC-7 text", "write something into the timeline", changing.note),
        ("status", "status INC-7 identified|mitigated|resolved [text]", "say where it stands", changing.status),
        ("resolve", "resolve INC-7 [text]", "end an incident; the text is shown when it comes again", changing.resolve),
        ("reopen", "reopen INC-7 [text]", "take a resolved incident up again", changing.reopen),
        ("severity", "severity INC-7 SEV2", "say how bad it is", changing.severity),
        ("lead", "lead INC-7 [@who]", "say who leads", changing.lead),
        ("join", "join INC-7 [@who]", "work on an incident", changing.join),
        ("leave", "leave INC-7 [@who]", "no longer work on it", changing.leave),
        ("snooze", "snooze INC-7 2h", "be reminded of the next update later", changing.snooze),
        ("link", "link INC-7 INC-8", "say that two incidents belong together", changing.link),
        ("wrong", "wrong INC-7 text", "say that the diagnosis was wrong, and why", changing.wrong),
        ("open", "open checkout title", "open an incident by hand", changing.open_),
        ("postmortem", "postmortem INC-7", "the draft of a postmortem", documents.postmortem),
        ("history", "history checkout", "a service's incidents, and what resolved them", reading.history),
        ("search", "search words", "incidents whose timeline or findings hold the words", reading.search),
        ("stats", "stats [checkout] [30d]", "incidents in numbers", documents.stats),
        ("budget", "budget checkout", "what is left of its error budget", documents.budget),
        ("runbook", "runbook goroutine-leak-channel-send", "what to do about a failure", documents.runbook),
        ("services", "services", "the services I can look into", looking.services),
        ("mute", "mute checkout 2h reason", "hear nothing of its alerts for a while", looking.mute),
        ("unmute", "unmute checkout", "hear of them again", looking.unmute),
        ("help", "help [verb]", "this list", help_),
    )
}
