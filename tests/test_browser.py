"""The demo in a real browser: what a newcomer types and sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import browser

from bot.cli.demo import company

pytestmark = pytest.mark.debian

TYPE = """(() => {
  const box = document.querySelector('textarea, [contenteditable=true], input[type=text]');
  box.value = '/gocrash checkout';
  box.dispatchEvent(new Event('input', {bubbles: true}));
  [...document.querySelectorAll('button')].find(each => each.innerText === 'Send').click();
})()"""
THREAD = "[...document.querySelectorAll('button, a')].find(each => each.innerText.includes('View thread')).click()"


def shows(text: str) -> str:
    return f"document.body.innerText.includes({text!r})"


def test_a_typed_command_is_answered_on_the_page(tmp_path: Path) -> None:
    with company(0, tmp_path, live=False) as (slack, _store), browser() as page:
        page.open(slack.url)
        page.wait(shows("gocrash is connected"))
        page.run(TYPE)
        page.wait(shows("480 goroutines are stuck sending in"))
        page.wait(shows("View thread"))
        page.run(THREAD)
        page.wait(shows("Runbook:"))
        assert page.run("document.querySelectorAll('script[src^=http], link[href^=http]').length") == 0
