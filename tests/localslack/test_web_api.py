from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import yaml
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler, ServerErrorRetryHandler

from bot.localslack import LocalSlack
from bot.localslack.runner import DEFAULT_MANIFEST

CHECKOUT = "C0CHECKOUT"


def refused(call: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as error:
        call()
    answer: dict[str, Any] = error.value.response.data
    return answer


def manifest(*, without: str, events: tuple[str, ...] | None = None) -> dict[str, Any]:
    given: dict[str, Any] = yaml.safe_load(DEFAULT_MANIFEST.read_text())
    scopes = given["oauth_config"]["scopes"]["bot"]
    given["oauth_config"]["scopes"]["bot"] = [scope for scope in scopes if scope != without]
    if events is not None:
        given["settings"]["event_subscriptions"]["bot_events"] = list(events)
    return given


def test_posts_reads_back_updates_and_deletes(slack: LocalSlack, client: WebClient) -> None:
    marker = {"event_type": "answer", "event_payload": {"key": "k1"}}
    posted = client.chat_postMessage(channel=CHECKOUT, text="one", metadata=marker, unfurl_links=False)
    ts = posted["ts"]
    client.chat_postMessage(channel=CHECKOUT, text="reply", thread_ts=ts)
    client.chat_postMessage(channel=CHECKOUT, text="loud reply", thread_ts=ts, reply_broadcast=True)
    history = client.conversations_history(channel=CHECKOUT)["messages"]
    assert [message["text"] for message in history] == ["loud reply", "one"]
    assert history[1]["reply_count"] == 2
    assert "metadata" not in history[1]
    assert client.conversations_history(channel=CHECKOUT, include_all_metadata=True)["messages"][1]["metadata"] == marker
    replies = client.conversations_replies(channel=CHECKOUT, ts=ts)["messages"]
    assert [message["text"] for message in replies] == ["one", "reply", "loud reply"]
    updated = client.chat_update(channel=CHECKOUT, ts=ts, text="two")
    assert updated["message"]["edited"]["user"] == "U0APP"
    assert updated["message"]["metadata"] == marker
    client.chat_delete(channel=CHECKOUT, ts=ts)
    assert client.conversations_replies(channel=CHECKOUT, ts=ts)["messages"][0]["subtype"] == "tombstone"
    assert slack.refusals == ()


def test_update_without_blocks_keeps_the_blocks(client: WebClient) -> None:
    blocks = [{"type": "divider"}]
    ts = client.chat_postMessage(channel=CHECKOUT, text="x", blocks=blocks)["ts"]
    assert client.chat_update(channel=CHECKOUT, ts=ts, text="y")["message"]["blocks"][0]["type"] == "divider"
    assert "blocks" not in client.chat_update(channel=CHECKOUT, ts=ts, text="y", blocks=[])["message"]


def test_history_honours_bounds_and_cursor(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel=CHECKOUT, text=str(number))["ts"] for number in range(5)]

    def texts(**bounds: object) -> list[str]:
        answer = client.conversations_history(channel=CHECKOUT, **bounds)  # type: ignore[arg-type]
        return [message["text"] for message in answer["messages"]]

    assert texts(oldest=stamps[1], latest=stamps[3]) == ["2"]
    assert texts(oldest=stamps[1], latest=stamps[3], inclusive=True) == ["3", "2", "1"]
    pages = [
        ([message["text"] for message in page["messages"]], page["has_more"])
        for page in client.conversations_history(channel=CHECKOUT, limit=2)
    ]
    assert pages == [(["4", "3"], True), (["2", "1"], True), (["0"], False)]
    assert refused(lambda: client.conversations_history(channel=CHECKOUT, cursor="?"))["error"] == "invalid_cursor"


def test_upload_in_one_call(slack: LocalSlack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=CHECKOUT, text="x")["ts"]
    client.files_upload_v2(channel=CHECKOUT, thread_ts=ts, filename="stack.txt", content="goroutine 1", title="Stack")
    [_, share] = slack.messages("checkout")
    assert share["thread_ts"] == ts
    [file] = share["files"]
    assert (file["name"], file["title"], file["size"], file["channels"]) == ("stack.txt", "Stack", 11, [CHECKOUT])
    assert client.files_info(file=file["id"])["file"]["id"] == file["id"]
    assert httpx.get(file["url_private"]).text.startswith("<!DOCTYPE html>")
    assert httpx.get(file["url_private"], headers={"authorization": f"Bearer {slack.bot_token}"}).text == "goroutine 1"


def test_a_person_s_file_is_downloaded_with_the_token_only(slack: LocalSlack) -> None:
    slack.upload(
        "maya", "checkout", "crash.log", b"panic: x\n\ngoroutine 1 [running]:\n" + b"main.f()\n" * 20, text="from the pod"
    )
    [message] = slack.messages("checkout")
    assert (message["subtype"], message["user"], message["text"]) == ("file_share", "U0MAYA", "from the pod")
    [file] = message["files"]
    assert (file["mode"], file["mimetype"], file["lines"], file["lines_more"]) == ("snippet", "text/plain", 23, 11)
    assert file["preview"].startswith("panic: x\n\ngoroutine 1")
    token = {"authorization": f"Bearer {slack.bot_token}"}
    for address in (file["url_private"], file["url_private_download"]):
        assert httpx.get(address, headers=token).content.startswith(b"panic: x")
        for wrong in ({}, {"authorization": "Bearer xoxb-other"}):
            page = httpx.get(address, headers=wrong)
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert "Sign in" in page.text


def test_files_are_not_read_without_the_scope() -> None:
    with LocalSlack(manifest=manifest(without="files:read", events=())) as slack:
        slack.upload("maya", "checkout", "crash.log", b"panic: x")
        file = slack.messages("checkout")[0]["files"][0]
        answer = httpx.get(file["url_private"], headers={"authorization": f"Bearer {slack.bot_token}"})
        assert "Sign in" in answer.text


def test_a_snippet_says_its_syntax(slack: LocalSlack, client: WebClient) -> None:
    client.files_upload_v2(channel=CHECKOUT, filename="change", content="- a\n+ b", snippet_type="diff")
    [file] = slack.messages("checkout")[0]["files"]
    assert (file["filetype"], file["mode"], file["editable"]) == ("diff", "snippet", True)


def test_user_groups(slack: LocalSlack, client: WebClient) -> None:
    group = slack.set_group("on-call", ["maya", "jonas"])
    assert client.usergroups_users_list(usergroup=group)["users"] == ["U0MAYA", "U0JONAS"]
    [plain] = client.usergroups_list()["usergroups"]
    assert (plain["id"], plain["handle"], "users" in plain) == (group, "on-call", False)
    [full] = client.usergroups_list(include_users=True, include_count=True)["usergroups"]
    assert (full["users"], full["user_count"]) == (["U0MAYA", "U0JONAS"], 2)
    slack.set_group("@on-call", ["jonas"])
    assert client.usergroups_users_list(usergroup=group)["users"] == ["U0JONAS"]
    assert refused(lambda: client.usergroups_users_list(usergroup="S0NOBODY"))["error"] == "no_such_subteam"
    slack.say("maya", "checkout", "ask @on-call")
    assert slack.messages("checkout")[0]["text"] == f"ask <!subteam^{group}>"
    assert "ask @on-call" in slack.channel_text("checkout")


def test_user_groups_need_their_scope() -> None:
    with LocalSlack(manifest=manifest(without="usergroups:read")) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        assert refused(client.usergroups_list)["needed"] == "usergroups:read"


def test_bookmarks(client: WebClient) -> None:
    client.bookmarks_add(channel_id=CHECKOUT, title="Runbook", type="link", link="https://example.com/r", emoji=":books:")
    [bookmark] = client.bookmarks_list(channel_id=CHECKOUT)["bookmarks"]
    assert (bookmark["title"], bookmark["link"]) == ("Runbook", "https://example.com/r")
    assert client.bookmarks_list(channel_id="C0ALERTS")["bookmarks"] == []
    wrong = {"channel_id": CHECKOUT, "title": "x", "type": "link", "link": "javascript:x"}
    assert refused(lambda: client.bookmarks_add(**wrong))["error"] == "invalid_link"


def test_a_thread_is_read_in_pages_with_metadata(client: WebClient) -> None:
    marker = {"event_type": "answer", "event_payload": {"key": "k1"}}
    ts = client.chat_postMessage(channel=CHECKOUT, text="top")["ts"]
    for number in range(20):
        client.chat_postMessage(channel=CHECKOUT, text=str(number), thread_ts=ts, metadata=marker)
    pages = [
        page["messages"] for page in client.conversations_replies(channel=CHECKOUT, ts=ts, limit=15, include_all_metadata=True)
    ]
    assert [len(page) for page in pages] == [15, 6]
    assert pages[1][-1]["metadata"] == marker
    assert len(client.conversations_replies(channel=CHECKOUT, ts=ts)["messages"]) == 21


def test_short_pages_for_apps_outside_the_marketplace() -> None:
    with LocalSlack(history_limit=15) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        for number in range(20):
            slack.say("maya", "checkout", str(number))
        answer = client.conversations_history(channel=CHECKOUT, limit=100)
        assert (len(answer["messages"]), answer["has_more"]) == (15, True)


def test_permalinks_of_replies_name_their_thread(slack: LocalSlack, client: WebClient) -> None:
    ts = slack.say("maya", "checkout", "top")
    reply = slack.say("maya", "checkout", "reply", ts)
    link = client.chat_getPermalink(channel=CHECKOUT, message_ts=reply)["permalink"]
    assert link == f"{slack.url}/archives/{CHECKOUT}/p{reply.replace('.', '')}?thread_ts={ts}&cid={CHECKOUT}"
    assert httpx.get(link).text.startswith("<!doctype html>")


def test_upload_of_another_length_than_announced_is_refused(client: WebClient) -> None:
    ticket = client.files_getUploadURLExternal(filename="a.txt", length=3)
    assert httpx.post(ticket["upload_url"], content=b"four").status_code == 400
    assert refused(lambda: client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}]))["error"] == "file_not_found"
    assert httpx.post(ticket["upload_url"], files={"file": ("a.txt", b"abc")}).text == "OK - 3"


def test_marks(slack: LocalSlack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=CHECKOUT, text="x")["ts"]
    client.reactions_add(channel=CHECKOUT, timestamp=ts, name="eyes")
    assert refused(lambda: client.reactions_add(channel=CHECKOUT, timestamp=ts, name="eyes"))["error"] == "already_reacted"
    assert client.reactions_get(channel=CHECKOUT, timestamp=ts)["message"]["reactions"][0]["users"] == ["U0APP"]
    client.reactions_remove(channel=CHECKOUT, timestamp=ts, name="eyes")
    assert refused(lambda: client.reactions_remove(channel=CHECKOUT, timestamp=ts, name="eyes"))["error"] == "no_reaction"
    client.pins_add(channel=CHECKOUT, timestamp=ts)
    assert [item["message"]["ts"] for item in client.pins_list(channel=CHECKOUT)["items"]] == [ts]
    client.pins_remove(channel=CHECKOUT, timestamp=ts)
    assert refused(lambda: client.pins_remove(channel=CHECKOUT, timestamp=ts))["error"] == "no_pin"
    assert [call.error for call in slack.refusals] == ["already_reacted", "no_reaction", "no_pin"]


def test_who_is_who(client: WebClient) -> None:
    assert client.auth_test()["user_id"] == "U0APP"
    assert client.users_info(user="U0MAYA")["user"]["real_name"] == "Maya"
    assert client.users_info(user="U0APP")["user"]["is_bot"] is True
    assert {"U0MAYA", "U0JONAS", "U0APP"} <= {user["id"] for user in client.users_list()["members"]}
    assert client.bots_info(bot="B0APP")["bot"]["app_id"] == "A0APP"
    assert client.team_info()["team"]["id"] == "T0LOCAL"
    assert client.conversations_info(channel=CHECKOUT)["channel"]["is_member"] is True
    assert "U0MAYA" in client.conversations_members(channel=CHECKOUT)["members"]
    assert [channel["name"] for channel in client.conversations_list()["channels"]] == ["alerts", "checkout", "incidents"]
    assert client.conversations_open(users="U0MAYA")["channel"]["id"] == "D0MAYA"
    assert client.chat_postMessage(channel="U0MAYA", text="hi")["channel"] == "D0MAYA"


def test_permalink_opens_the_page(slack: LocalSlack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=CHECKOUT, text="x")["ts"]
    link = client.chat_getPermalink(channel=CHECKOUT, message_ts=ts)["permalink"]
    assert link == f"{slack.url}/archives/{CHECKOUT}/p{ts.replace('.', '')}"
    assert "<title>Local Slack</title>" in httpx.get(link).text


def test_ephemeral_is_not_in_history_and_cannot_be_updated(slack: LocalSlack, client: WebClient) -> None:
    ts = client.chat_postEphemeral(channel=CHECKOUT, user="U0MAYA", text="psst")["message_ts"]
    assert client.conversations_history(channel=CHECKOUT)["messages"] == []
    assert refused(lambda: client.chat_update(channel=CHECKOUT, ts=ts, text="x"))["error"] == "message_not_found"
    assert slack.channel_text("checkout") == "Local app (only visible to maya): psst"


REFUSALS: dict[str, tuple[Callable[[WebClient], object], str]] = {
    "unknown method": (lambda client: client.api_call("chat.shout"), "unknown_method"),
    "no channel": (lambda client: client.api_call("chat.postMessage", json={"text": "x"}), "invalid_arguments"),
    "unknown channel": (lambda client: client.chat_postMessage(channel="C0NOWHERE", text="x"), "channel_not_found"),
    "nothing to say": (lambda client: client.api_call("chat.postMessage", json={"channel": CHECKOUT}), "no_text"),
    "unknown thread": (lambda client: client.chat_postMessage(channel=CHECKOUT, text="x", thread_ts="1.0"), "thread_not_found"),
    "unknown message": (lambda client: client.chat_update(channel=CHECKOUT, ts="1.0", text="x"), "message_not_found"),
    "name without scope": (lambda client: client.users_info(user="U0NOBODY"), "user_not_found"),
    "ephemeral to a stranger": (
        lambda client: client.chat_postEphemeral(channel=CHECKOUT, user="U0NOBODY", text="x"),
        "user_not_in_channel",
    ),
    "bad blocks": (
        lambda client: client.chat_postMessage(channel=CHECKOUT, text="x", blocks=[{"type": "banner"}]),
        "invalid_blocks",
    ),
    "blocks that are no JSON": (
        lambda client: client.api_call("chat.postMessage", params={"channel": CHECKOUT, "text": "x", "blocks": "["}),
        "invalid_blocks_format",
    ),
    "long update": (
        lambda client: client.chat_update(
            channel=CHECKOUT, ts=client.chat_postMessage(channel=CHECKOUT, text="x")["ts"], text="x" * 4001
        ),
        "msg_too_long",
    ),
    "emoji that is no name": (
        lambda client: client.reactions_add(
            channel=CHECKOUT, timestamp=client.chat_postMessage(channel=CHECKOUT, text="x")["ts"], name="No such!"
        ),
        "invalid_name",
    ),
    "pinned twice": (
        lambda client: [
            client.pins_add(channel=CHECKOUT, timestamp=ts)
            for ts in [client.chat_postMessage(channel=CHECKOUT, text="x")["ts"]] * 2
        ],
        "already_pinned",
    ),
    "limit of zero pages": (lambda client: client.conversations_history(channel=CHECKOUT, limit=-1), "invalid_limit"),
    "invented trigger": (
        lambda client: client.views_open(
            trigger_id="1.2.3", view={"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}
        ),
        "invalid_trigger_id",
    ),
}


@pytest.mark.parametrize(("call", "error"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(client: WebClient, call: Callable[[WebClient], object], error: str) -> None:
    assert refused(lambda: call(client))["error"] == error


def test_messages_of_others_cannot_be_changed(slack: LocalSlack, client: WebClient) -> None:
    ts = slack.say("maya", "checkout", "mine")
    assert refused(lambda: client.chat_update(channel=CHECKOUT, ts=ts, text="x"))["error"] == "cant_update_message"
    assert refused(lambda: client.chat_delete(channel=CHECKOUT, ts=ts))["error"] == "cant_delete_message"


def test_membership() -> None:
    with LocalSlack(manifest=manifest(without="chat:write.public")) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        public = slack.add_channel("lobby", with_app=False)
        private = slack.add_channel("secret", private=True, with_app=False)
        assert refused(lambda: client.chat_postMessage(channel=public, text="x"))["error"] == "not_in_channel"
        assert refused(lambda: client.conversations_history(channel=public))["error"] == "not_in_channel"
        assert refused(lambda: client.chat_postMessage(channel=private, text="x"))["error"] == "channel_not_found"
        assert refused(lambda: client.conversations_info(channel=private))["error"] == "channel_not_found"
        client.conversations_join(channel=public)
        slack.invite_app(private)
        assert client.chat_postMessage(channel=public, text="x")["ok"]
        assert client.chat_postMessage(channel="#secret", text="x")["channel"] == private


def test_public_channels_can_be_written_to_with_the_scope_for_it(slack: LocalSlack, client: WebClient) -> None:
    public = slack.add_channel("lobby", with_app=False)
    assert client.chat_postMessage(channel=public, text="x")["ok"]


def test_a_missing_scope_is_named() -> None:
    with LocalSlack(manifest=manifest(without="files:write")) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        answer = refused(lambda: client.files_getUploadURLExternal(filename="a", length=1))
        assert (answer["error"], answer["needed"]) == ("missing_scope", "files:write")
        assert "chat:write" in answer["provided"]


def test_tokens(slack: LocalSlack) -> None:
    def error(token: str, method: str) -> str:
        answer = refused(lambda: WebClient(token=token, base_url=slack.api_url).api_call(method))
        return str(answer["error"])

    assert error("xoxb-other", "auth.test") == "invalid_auth"
    assert error(slack.app_token, "auth.test") == "not_allowed_token_type"
    assert error(slack.bot_token, "apps.connections.open") == "not_allowed_token_type"
    assert httpx.get(f"{slack.api_url}auth.test").json() == {"ok": False, "error": "not_authed"}


@pytest.mark.parametrize("how", ["json", "form", "multipart", "query"])
def test_arguments_arrive_however_they_are_sent(slack: LocalSlack, how: str) -> None:
    url, headers = f"{slack.api_url}chat.postMessage", {"authorization": f"Bearer {slack.bot_token}"}
    blocks = [{"type": "divider"}]
    plain = {"channel": CHECKOUT, "text": "hi & bye"}
    coded = {**plain, "blocks": json.dumps(blocks)}
    if how == "json":
        answer = httpx.post(url, json={**plain, "blocks": blocks}, headers=headers)
    elif how == "form":
        answer = httpx.post(url, data=coded, headers=headers)
    elif how == "multipart":
        answer = httpx.post(url, files={name: (None, value) for name, value in coded.items()}, headers=headers)
    else:
        answer = httpx.get(url, params={**coded, "token": slack.bot_token})
    message = answer.json()["message"]
    assert (message["text"], message["blocks"][0]["type"]) == ("hi & bye", "divider")


def test_rate_limit_and_server_error_are_survived_with_retry_handlers(slack: LocalSlack, client: WebClient) -> None:
    client.retry_handlers += [RateLimitErrorRetryHandler(max_retry_count=2), ServerErrorRetryHandler(max_retry_count=2)]
    slack.inject("chat.postMessage", status=429, retry_after_seconds=0)
    slack.inject("chat.postMessage", status=503)
    assert client.chat_postMessage(channel=CHECKOUT, text="x")["ok"]
    assert [call.error for call in slack.calls] == ["ratelimited", "internal_error", ""]
    assert slack.refusals == ()


def test_a_lost_answer_has_taken_effect(slack: LocalSlack, client: WebClient) -> None:
    slack.inject("chat.postMessage", status=500, after=True)
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=CHECKOUT, text="posted anyway")
    assert "posted anyway" in slack.channel_text("checkout")


def test_a_slow_call_is_only_slow(slack: LocalSlack, client: WebClient) -> None:
    slack.inject("*", status=200, delay_seconds=0.2)
    started = time.monotonic()
    assert client.auth_test()["ok"]
    assert time.monotonic() - started >= 0.2


def test_a_request_under_a_foreign_host_name_is_refused(slack: LocalSlack) -> None:
    request = urllib.request.Request(f"{slack.url}/control/state", headers={"host": "slack.example"})  # noqa: S310 -- loopback
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request)  # noqa: S310 -- loopback
