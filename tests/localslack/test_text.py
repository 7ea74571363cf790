from __future__ import annotations

from typing import Any

from slack_sdk import WebClient

from bot.localslack import LocalSlack

BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "checkout: goroutine leak"}},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*412* goroutines, says <@U0MAYA> &amp; <https://example.com/p|pool.go:88>"},
        "accessory": {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "rising"},
    },
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Severity*\nhigh"}]},
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "cost: 0 ms"}, {"type": "plain_text", "text": "41 KB"}]},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "run", "text": {"type": "plain_text", "text": "Re-run"}},
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Mute"}, "value": "m"}],
            },
        ],
    },
    {"type": "markdown", "text": "1. roll back"},
]


def test_a_channel_reads_like_a_conversation(slack: LocalSlack, client: WebClient) -> None:
    ts = slack.post_alert("alertmanager-checkout-high-errors", "checkout")
    client.chat_postMessage(channel="C0CHECKOUT", thread_ts=ts, text="412 goroutines", blocks=BLOCKS)
    client.files_upload_v2(channel="C0CHECKOUT", thread_ts=ts, filename="stack.txt", content="x", title="Stack")
    slack.react("jonas", ts, "eyes")
    slack.pin("jonas", ts)
    slack.edit(slack.say("jonas", "checkout", "thanks"), "thank you")
    assert slack.channel_text("checkout").splitlines() == [
        "Alertmanager:",
        "  | [FIRING:1] HighErrorRate (checkout critical prod)",
        "  (pinned)",
        "  👀 1",
        "    Local app:",
        "      checkout: goroutine leak",
        "      ========================",
        "      *412* goroutines, says @maya & pool.go:88 (https://example.com/p)",
        "      (image) rising",
        "      *Severity* high",
        "      ---",
        "      cost: 0 ms · 41 KB",
        "      [Re-run] [...: Mute]",
        "      1. roll back",
        "    Local app: (file) stack.txt: Stack",
        "jonas:",
        "  thank you",
        "  (edited)",
    ]


def test_an_attachment_with_everything(slack: LocalSlack) -> None:
    attachment = {
        "pretext": "look",
        "title": "down",
        "text": "since <!date^1700000000^{time}|22:13 UTC>",
        "fields": [{"title": "service", "value": "checkout"}],
        "footer": "Grafana",
        "fallback": "never shown",
    }
    slack.post_as_bot("alerts", "Grafana", attachments=[attachment])
    assert slack.channel_text("alerts").splitlines() == [
        "Grafana:",
        "  | look",
        "  | down",
        "  | since 22:13 UTC",
        "  | service: checkout",
        "  | Grafana",
    ]
