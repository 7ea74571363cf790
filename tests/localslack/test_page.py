from __future__ import annotations

import base64
import re

import httpx
import pytest

from bot.localslack import LocalSlack, Suggestion
from bot.localslack.alert_files import alert_names
from bot.localslack.control import MOST_SHOWN
from bot.localslack.server import PAGE


def test_the_page_and_all_it_loads_are_served_from_here(slack: LocalSlack) -> None:
    page = httpx.get(f"{slack.url}/")
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    loaded = set(re.findall(r'(?:src|href)="([^"]+)"', page.text))
    assert loaded == {"/page/app.js", "/page/icon.svg", "/page/style.css"}
    for path in PAGE.iterdir():
        assert httpx.get(f"{slack.url}/page/{path.name}").status_code == 200


@pytest.mark.parametrize("script", sorted(path.name for path in PAGE.glob("*.js")))
def test_scripts_never_make_markup_from_text(script: str) -> None:
    source = (PAGE / script).read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", source)


@pytest.mark.parametrize("script", sorted(path.name for path in PAGE.glob("*.js")))
def test_scripts_import_only_what_is_there(script: str) -> None:
    source = (PAGE / script).read_text()
    for names, module in re.findall(r"import \{([^}]+)\} from \"\./([\w.]+)\"", source):
        exported = set(re.findall(r"export (?:async )?function (\w+)", (PAGE / module).read_text()))
        assert {name.strip() for name in names.split(",")} <= exported


def test_the_state_holds_what_the_page_shows() -> None:
    with LocalSlack(suggestions=[Suggestion("/app help", "what it can do")]) as slack:
        ts = slack.upload("maya", "checkout", "crash.log", b"panic: x\n")
        state = httpx.get(f"{slack.url}/control/state").json()
        assert state["suggestions"] == [{"line": "/app help", "why": "what it can do", "channel": ""}]
        assert [command["name"] for command in state["app"]["commands"]] == ["/app"]
        assert {alert["name"] for alert in state["alerts"]} == set(alert_names())
        [message] = state["messages"]["C0CHECKOUT"]
        assert (message["ts"], message["files"][0]["preview"]) == (ts, "panic: x")
        assert [person["name"] for person in state["people"]] == ["maya", "jonas"]


def test_the_page_gets_the_newest_messages_with_their_threads(slack: LocalSlack) -> None:
    first = slack.say("maya", "checkout", "first")
    slack.say("maya", "checkout", "below the first", first)
    stamps = [slack.say("maya", "checkout", str(number)) for number in range(MOST_SHOWN)]
    reply = slack.say("maya", "checkout", "below", stamps[0])
    shown = httpx.get(f"{slack.url}/control/state").json()["messages"]["C0CHECKOUT"]
    assert [message["ts"] for message in shown] == [*stamps, reply]


def test_files_are_shown_without_letting_them_act(slack: LocalSlack) -> None:
    slack.upload("maya", "checkout", "evil.html", b"<script>alert(1)</script>")
    file = slack.messages("checkout")[0]["files"][0]["id"]
    answer = httpx.get(f"{slack.url}/control/files/{file}")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-security-policy"] == "sandbox"


def test_changes_are_streamed(slack: LocalSlack) -> None:
    with httpx.stream("GET", f"{slack.url}/control/stream", timeout=5) as stream:
        lines = (line for line in stream.iter_lines() if line)
        before = int(next(lines).removeprefix("data: "))
        slack.say("maya", "checkout", "hello")
        assert int(next(lines).removeprefix("data: ")) > before


def test_closing_ends_an_open_stream() -> None:
    slack = LocalSlack()
    with httpx.stream("GET", f"{slack.url}/control/stream", timeout=5) as stream:
        lines = stream.iter_lines()
        next(lines)
        slack.close()
        assert [line for line in lines if line.startswith("data:")] == []


def post(slack: LocalSlack, verb: str, **values: object) -> httpx.Response:
    return httpx.post(f"{slack.url}/control/{verb}", json=values)


def test_the_control_api_acts_as_people(slack: LocalSlack) -> None:
    posted = post(slack, "say", user="maya", channel="checkout", text="hi").json()
    assert (posted["text"], posted["user"]) == ("hi", "U0MAYA")
    assert post(slack, "react", user="U0JONAS", ts=posted["ts"], name="eyes").json() == {}
    assert post(slack, "command", user="maya", channel="checkout", line="/app").json()["error"] == "dispatch_failed"
    content = base64.b64encode(b"x").decode()
    assert post(slack, "upload", user="maya", channel="checkout", name="a.txt", content_base64=content).json()["files"]
    assert post(slack, "set_group", handle="oncall", members=["maya"]).json() == {}
    assert post(slack, "run_line", user="maya", channel="alerts", line="ask @oncall").json() == {}
    assert httpx.get(f"{slack.url}/control/state").json()["groups"][0]["users"] == ["U0MAYA"]
    assert httpx.get(f"{slack.url}/control/text", params={"channel": "alerts"}).text == "maya: ask @oncall"
    assert httpx.get(f"{slack.url}/control/text", params={"channel": "checkout"}).text.startswith("maya:")
    assert post(slack, "inject", method="auth.test", status=503).json() == {}
    assert httpx.post(f"{slack.api_url}auth.test").status_code == 503
    assert httpx.get(f"{slack.url}/control/calls").json()[0]["injected"] is True


REFUSED = {
    "unknown verb": ("shout", {}, 404),
    "missing values": ("say", {"user": "maya"}, 400),
    "unknown values": ("say", {"user": "maya", "channel": "checkout", "text": "x", "loud": True}, 400),
    "unknown person": ("say", {"user": "nobody", "channel": "checkout", "text": "x"}, 400),
    "a file that is no base64": ("upload", {"user": "maya", "channel": "checkout", "name": "a", "content_base64": "%"}, 400),
    "a line that cannot be played": ("run_line", {"user": "maya", "channel": "checkout", "line": "click Nothing"}, 400),
    "unknown alert": ("post_alert", {"name": "nothing"}, 400),
    "unknown fault": ("inject", {"method": "auth.test", "colour": "red"}, 400),
}


@pytest.mark.parametrize(("verb", "values", "status"), REFUSED.values(), ids=REFUSED)
def test_the_control_api_refuses(slack: LocalSlack, verb: str, values: dict[str, object], status: int) -> None:
    answer = post(slack, verb, **values)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_form_of_a_foreign_page_cannot_act(slack: LocalSlack) -> None:
    answer = httpx.post(f"{slack.url}/control/say", content=b'{"user":"maya"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize("name", alert_names())
def test_every_alert_can_be_posted(slack: LocalSlack, name: str) -> None:
    slack.post_alert(name)
    [message] = slack.messages("alerts")
    assert message.get("attachments") or message.get("blocks") or message["text"]


def test_only_the_loopback_interface_is_served() -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1"):
        LocalSlack(host="0.0.0.0")  # noqa: S104 -- refused
