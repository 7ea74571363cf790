"""Who may do what: a person, a verb and a service enter; the reason for a refusal leaves, empty when there is none.

Checked on our side for every door (command, mention, button, shortcut), and written into the audit whenever it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import SlackError
from bot.respond.context import Context


@dataclass(frozen=True, slots=True)
class Asker:
    """A person, by Slack's id and by name, and the channel from which they ask."""

    user: str
    name: str
    channel: str


def refusal(context: Context, asker: Asker, verb: str, service: str) -> str:
    """Return why somebody may not do this to a service, in words for them; empty when they may.

    Who may is `allow` of the service; a verb that is not named there is open to everybody. A group that Slack does not resolve
    allows nobody: a permission that cannot be checked is not given. Asks Slack: call it outside of transactions.
    """
    configured = context.config.services.get(service)
    allowed = configured.allow.get(verb) if configured else None
    if allowed is None:
        return ""
    unresolved: list[str] = []
    for name in allowed:
        if name in {asker.user, asker.channel}:
            return ""
        if name.startswith(("@", "S")):
            try:
                if asker.user in context.workspace.members(name):
                    return ""
            except SlackError as error:
                unresolved.append(str(error))
    reason = f"`{verb}` on {service} is reserved for {', '.join(allowed)}. Ask one of them" + (
        f", or whoever runs gocrash: {unresolved[0]}" if unresolved else "."
    )
    context.store.audit.record(
        actor=asker.name or asker.user, action=verb, subject=service, allowed=False, reason=reason, now=context.now()
    )
    return reason
