"""A strict local stand-in for Slack, with a small web page: the demo of a Slack app, and its test bench.

In: a Slack app that talks to `SLACK_API_URL` (Web API and Socket Mode), and people: on the page, through the control API,
or through `LocalSlack`. Out: what real Slack would do, including what it would refuse. Start reading at `runner.py`.
"""

from __future__ import annotations

from bot.localslack.delivery import Ack
from bot.localslack.manifest import ManifestError, read_manifest
from bot.localslack.refusal import Refused
from bot.localslack.runner import LocalSlack
from bot.localslack.workspace import Call, Suggestion

__all__ = ["Ack", "Call", "LocalSlack", "ManifestError", "Refused", "Suggestion", "read_manifest"]
