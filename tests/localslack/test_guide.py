"""The README: its Python runs as printed, its tables name what is there."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from request_site import Site, bolt, serve
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

import bot.localslack
from bot.localslack import LocalSlack
from bot.localslack.script import Script

README = (Path(bot.localslack.__file__).parent / "README.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
MANIFEST = {
    "display_information": {"name": "gocrash"},
    "features": {"slash_commands": [{"command": "/gocrash"}]},
    "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
    "settings": {"interactivity": {"is_enabled": True}},
}
RERUN = {"type": "button", "action_id": "rerun", "text": {"type": "plain_text", "text": "Re-run"}}


def register_listeners(app: App) -> None:
    @app.command("/gocrash")
    def command(ack: Ack, client: WebClient, body: dict[str, Any]) -> None:
        ack()
        client.chat_postMessage(channel=body["channel_id"], text="x", blocks=[{"type": "actions", "elements": [RERUN]}])

    app.action("rerun")(lambda ack: ack())


@pytest.mark.parametrize("code", SNIPPETS, ids=["sdk", "sockets", "http"])
def test_the_python_runs_as_printed(code: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with LocalSlack(manifest=MANIFEST) as slack:
        names: dict[str, Any] = {
            "os": SimpleNamespace(environ=slack.environment()),
            "App": App,
            "WebClient": WebClient,
            "SocketModeHandler": SocketModeHandler,
            "manifest": MANIFEST,
            "register_listeners": register_listeners,
            "serve": lambda app, port: serve(Site(bolt(app)), port=port),
        }
        exec(code.replace("3000", str(port)), names)  # noqa: S102 -- our own README
        if "handler" in names:
            names["handler"].close()


def test_the_tables_name_what_is_there() -> None:
    for table in ("## In tests", "## Trouble on demand"):
        rows = [row for row in README.split(table)[1].split("\n## ")[0].splitlines() if row.startswith("| ")]
        named = {word for row in rows[1:] for word in re.findall(r"`([a-z_]+)[`(]", row.split("|")[2])}
        assert named
        assert named - set(dir(LocalSlack)) <= {"alerts", "ack_seconds"}


def test_every_word_of_the_script_language_is_documented() -> None:
    table = README.split("## Scripts")[1].split("\n## ")[0]
    with LocalSlack() as slack:
        script: Script = slack._control.script  # noqa: SLF001 -- the table of words
        for word in script._verbs:  # noqa: SLF001
            assert re.search(rf"`{word}\b", table), word
