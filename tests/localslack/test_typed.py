from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.localslack.typed import typed

USERS = {"maya": "U0MAYA", "checkout-bot": "U0CHECKOUTBOT"}
CHANNELS = {"alerts": "C0ALERTS"}
GROUPS = {"oncall": "S0ONCALL"}

TYPED = {
    "hello @maya.": "hello <@U0MAYA>.",
    "@Maya @checkout-bot": "<@U0MAYA> <@U0CHECKOUTBOT>",
    "see #alerts": "see <#C0ALERTS>",
    "page @oncall, not #oncall": "page <!subteam^S0ONCALL>, not #oncall",
    "maya@alerts.example and #nothing": "maya@alerts.example and #nothing",
    "<@U0MAYA> and <@U0NOBODY>": "<@U0MAYA> and &lt;@U0NOBODY&gt;",
    "<!channel> & <https://example.com|x>": "&lt;!channel&gt; &amp; &lt;https://example.com|x&gt;",
}


@pytest.mark.parametrize(("text", "sent"), TYPED.items())
def test_what_leaves_the_client(text: str, sent: str) -> None:
    assert typed(text, users=USERS, channels=CHANNELS, groups=GROUPS) == sent


@given(st.text(alphabet="@#<>&;maylert U0C-!|onc"))
def test_only_known_mentions_keep_their_brackets(text: str) -> None:
    sent = typed(text, users=USERS, channels=CHANNELS, groups=GROUPS)
    rest = re.sub(r"<!subteam\^S0ONCALL>|<@U0MAYA>|<@U0CHECKOUTBOT>|<#C0ALERTS>", "", sent)
    assert "<" not in rest
    assert ">" not in rest
