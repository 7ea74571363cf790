"""The app under test, as its Slack manifest describes it.

In: an app manifest (the same file a real workspace is given). Out: an `App`: names, commands, shortcuts, scopes, events.
A manifest that real Slack would not install is refused with every problem at once.

>>> app = read_manifest({"display_information": {"name": "Pager"}, "oauth_config": {"scopes": {"bot": ["commands"]}},
...     "features": {"slash_commands": [{"command": "/page", "description": "Page somebody", "usage_hint": "who"}]}})
>>> app.id, app.user_id, app.commands["/page"].usage_hint
('A0PAGER', 'U0PAGER', 'who')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.localslack.refusal import Json

# The scope an app needs before Slack lets it subscribe to the event; empty means any app may.
EVENT_SCOPES = {
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "file_shared": "files:read",
    "member_joined_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "pin_added": "pins:read",
    "pin_removed": "pins:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
}
SCOPES = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "bookmarks:read",
        "bookmarks:write",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "chat:write.customize",
        "chat:write.public",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "groups:write",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "pins:read",
        "pins:write",
        "reactions:read",
        "reactions:write",
        "team:read",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)


class ManifestError(ValueError):
    """A manifest that Slack would refuse; `problems` holds one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command; `escape` means that mentions reach the app as `<@U123|name>`."""

    name: str
    description: str = ""
    usage_hint: str = ""
    escape: bool = False


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry of a message's menu (`message`) or of the global shortcuts menu (`global`)."""

    name: str
    callback_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class App:
    """The app under test. `bot_name` is its handle; ids are made from it, so they are the same on every start."""

    name: str
    bot_name: str
    commands: dict[str, Command]
    shortcuts: dict[str, Shortcut]
    scopes: frozenset[str]
    events: frozenset[str]
    interactive: bool
    home_tab: bool

    @property
    def id(self) -> str:
        """The app id, `A0…`."""
        return "A0" + id_part(self.bot_name)

    @property
    def user_id(self) -> str:
        """The bot user's id, `U0…`: what a mention of the app holds."""
        return "U0" + id_part(self.bot_name)

    @property
    def bot_id(self) -> str:
        """The bot id, `B0…`: what the app's messages carry."""
        return "B0" + id_part(self.bot_name)


def id_part(name: str) -> str:
    """The letters and digits of a name, as they stand in ids.

    >>> id_part("checkout-api")
    'CHECKOUTAPI'
    """
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def read_manifest(manifest: Json) -> App:
    """The app a manifest describes; `ManifestError` when Slack would refuse it."""
    features = manifest.get("features", {})
    settings = manifest.get("settings", {})
    name = str(manifest.get("display_information", {}).get("name", ""))
    app = App(
        name=name,
        bot_name=features.get("bot_user", {}).get("display_name", name).lower().replace(" ", "-"),
        commands={
            each["command"]: Command(
                each["command"], each.get("description", ""), each.get("usage_hint", ""), escape=bool(each.get("should_escape"))
            )
            for each in features.get("slash_commands", ())
        },
        shortcuts={
            each["callback_id"]: Shortcut(each["name"], each["callback_id"], each["type"])
            for each in features.get("shortcuts", ())
        },
        scopes=frozenset(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
        interactive=bool(settings.get("interactivity", {}).get("is_enabled", False)),
        home_tab=bool(features.get("app_home", {}).get("home_tab_enabled", False)),
    )
    if problems := list(_problems(app)):
        raise ManifestError(problems)
    return app


def _problems(app: App) -> Iterator[str]:
    if not app.name:
        yield "display_information.name is missing: give the app a name"
    for scope in sorted(app.scopes - SCOPES):
        yield f"oauth_config.scopes.bot: {scope} is not a bot scope this stand-in knows: check its spelling"
    for event in sorted(app.events):
        if event not in EVENT_SCOPES:
            yield f"settings.event_subscriptions.bot_events: {event} is not an event this stand-in knows: check its spelling"
        elif EVENT_SCOPES[event] and EVENT_SCOPES[event] not in app.scopes:
            yield f"settings.event_subscriptions.bot_events: {event} needs the scope {EVENT_SCOPES[event]}: add it"
    if app.commands and "commands" not in app.scopes:
        yield "features.slash_commands: slash commands need the scope commands: add it"
    if app.shortcuts and "commands" not in app.scopes:
        yield "features.shortcuts: shortcuts need the scope commands: add it"
    for command in app.commands:
        if not command.startswith("/"):
            yield f"features.slash_commands: {command} must start with a slash: write /{command}"
