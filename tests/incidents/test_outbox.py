from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.errors import StoreError
from bot.incidents.store import Store
from bot.model.incident import OutboxMessage

SECOND = timedelta(seconds=1)


def put(store: Store, key: str, text: str, now: datetime, **more: str) -> OutboxMessage:
    return store.outbox.put(
        key, channel=more.pop("channel", "C1"), payload={"text": text}, now=now, parent_key=more.pop("parent", "")
    )


def due(store: Store, now: datetime) -> list[str]:
    return [message.key for message in store.outbox.due(now)]


def send(store: Store, now: datetime) -> list[tuple[str, str, str]]:
    """Send what is due, as the sender does: what has no timestamp yet is posted, the rest edited."""
    sent = []
    for message in store.outbox.due(now):
        begun = store.outbox.begin(message)
        store.outbox.mark_sent(begun, ts=message.ts or f"ts-{message.key}")
        sent.append(("edit" if message.ts else "post", message.key, str(message.payload["text"])))
    return sent


def test_a_message_is_posted_once_then_edited(store: Store, now: datetime) -> None:
    assert put(store, "INC-1:headline", "one", now) == OutboxMessage(
        key="INC-1:headline", channel="C1", kind="message", payload={"text": "one"}, version=1, sent_version=0
    )
    assert send(store, now) == [("post", "INC-1:headline", "one")]
    assert send(store, now) == []
    assert put(store, "INC-1:headline", "two", now).version == 2
    assert send(store, now) == [("edit", "INC-1:headline", "two")]
    message = store.outbox.get("INC-1:headline")
    assert (message.ts, message.version, message.sent_version, message.attempts, message.uncertain) == (
        "ts-INC-1:headline",
        2,
        2,
        0,
        False,
    )


def test_the_same_payload_changes_nothing(store: Store, now: datetime) -> None:
    first = store.outbox.put("k", channel="C1", payload={"text": "a", "blocks": ({"b": 1, "a": 2},)}, now=now)
    again = store.outbox.put("k", channel="C1", payload={"blocks": [{"a": 2, "b": 1}], "text": "a"}, now=now)
    assert again == first


def test_many_changes_become_one_edit(store: Store, now: datetime) -> None:
    put(store, "k", "0", now)
    send(store, now)
    for number in range(1, 9):
        put(store, "k", str(number), now)
    assert send(store, now) == [("edit", "k", "8")]
    assert send(store, now) == []


def test_a_change_made_while_sending_is_sent_next(store: Store, now: datetime) -> None:
    put(store, "k", "one", now)
    (message,) = store.outbox.due(now)
    begun = store.outbox.begin(message)
    put(store, "k", "two", now)
    store.outbox.mark_sent(begun, ts="1.1")
    assert send(store, now) == [("edit", "k", "two")]


def test_replies_wait_for_their_parent(store: Store, now: datetime) -> None:
    put(store, "head", "h", now)
    put(store, "reply", "r", now, parent="head")
    assert due(store, now) == ["head"]
    assert send(store, now) == [("post", "head", "h")]
    (reply,) = store.outbox.due(now)
    assert (reply.key, reply.parent_key) == ("reply", "head")


def test_a_reply_to_nothing_is_refused(store: Store, now: datetime) -> None:
    with pytest.raises(StoreError, match="there is no message head in the outbox"):
        put(store, "reply", "r", now, parent="head")


def test_one_message_per_channel_in_order(store: Store, now: datetime) -> None:
    for key in ("a1", "b1", "a2", "b2", "a3"):
        put(store, key, key, now, channel=key[0])
    assert [due(store, now) for _ in range(2)] == [["a1", "b1"]] * 2
    assert [[key for _, key, _ in send(store, now)] for _ in range(4)] == [["a1", "b1"], ["a2", "b2"], ["a3"], []]


def test_an_edit_goes_to_the_end_of_the_line_and_keeps_its_place_there(store: Store, now: datetime) -> None:
    put(store, "head", "0", now)
    send(store, now)
    put(store, "x", "x", now)
    put(store, "head", "1", now)
    put(store, "y", "y", now)
    put(store, "head", "2", now)
    assert [send(store, now)[0][1:] for _ in range(3)] == [("x", "x"), ("head", "2"), ("y", "y")]


def test_a_postponed_message_holds_its_channel_and_no_other(store: Store, now: datetime) -> None:
    put(store, "a1", "1", now, channel="a")
    put(store, "a2", "2", now, channel="a")
    put(store, "b1", "3", now, channel="b")
    begun = store.outbox.begin(store.outbox.get("a1"))
    assert (begun.attempts, begun.uncertain) == (1, True)
    postponed = store.outbox.postpone(begun, until=now + 30 * SECOND, reason="ratelimited")
    assert (postponed.attempts, postponed.uncertain) == (1, False)
    assert due(store, now + 29 * SECOND) == ["b1"]
    assert due(store, now + 30 * SECOND) == ["a1", "b1"]
    put(store, "a1", "changed", now)
    assert due(store, now + 29 * SECOND) == ["b1"], "another text does not lift the limit"


def test_a_call_that_was_begun_and_never_ended_is_uncertain(store: Store, now: datetime) -> None:
    put(store, "k", "one", now)
    store.outbox.begin(store.outbox.get("k"))
    (message,) = store.outbox.due(now)
    assert (message.uncertain, message.attempts, message.ts) == (True, 1, "")
    store.outbox.mark_uncertain(message, until=now + SECOND, reason="timed out")
    assert due(store, now) == []
    put(store, "k", "two", now)
    (message,) = store.outbox.due(now + SECOND)
    assert (message.uncertain, message.attempts) == (True, 0), "the old text may be in Slack"
    assert not store.outbox.mark_sent(message, ts="1.1").uncertain


def test_a_message_that_slack_never_takes_is_given_up_until_it_changes(store: Store, now: datetime) -> None:
    put(store, "bad", "x" * 50_000, now)
    put(store, "reply", "r", now, parent="bad")
    put(store, "next", "n", now)
    store.outbox.mark_failed(store.outbox.begin(store.outbox.get("bad")), reason="invalid_blocks")
    assert due(store, now) == ["next"]
    put(store, "bad", "short", now)
    assert [send(store, now)[0][1] for _ in range(3)] == ["next", "bad", "reply"]


def test_a_message_stays_where_it_was_put(store: Store, now: datetime) -> None:
    store.outbox.put("k", channel="C1", payload={"name": "a.png"}, now=now, thread_ts="9.9", kind="file")
    moved = store.outbox.put("k", channel="C2", payload={"name": "b.png"}, now=now)
    assert (moved.channel, moved.thread_ts, moved.kind, moved.version) == ("C1", "9.9", "file", 2)


def test_an_unknown_key_is_said(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no message k in the outbox"):
        store.outbox.get("k")


def test_an_answer_to_a_response_url_is_a_message_like_the_others(store: Store, now: datetime) -> None:
    payload = {"response_url": "https://hooks.example.com/1", "text": "no such service"}
    store.outbox.put("k", channel="C1", payload=payload, now=now, kind="respond")
    (message,) = store.outbox.due(now)
    assert (message.kind, message.payload) == ("respond", payload)


def test_what_waits_is_counted(store: Store, now: datetime) -> None:
    for key in ("sent", "bad", "later"):
        put(store, key, key, now)
    assert store.outbox.waiting() == 3
    store.outbox.mark_sent(store.outbox.get("sent"), ts="1.1")
    store.outbox.mark_failed(store.outbox.get("bad"), reason="invalid_blocks")
    store.outbox.postpone(store.outbox.get("later"), until=now + SECOND, reason="ratelimited")
    assert store.outbox.waiting() == 1
    put(store, "sent", "edited", now)
    assert store.outbox.waiting() == 2


def test_what_waits_for_a_response_url_that_is_gone_is_given_up(store: Store, now: datetime) -> None:
    store.outbox.put("headline", channel="C1", payload={"text": "a"}, now=now, response_url="http://127.0.0.1:9/1")
    store.outbox.put("answer", channel="C1", payload={"text": "b"}, now=now, kind="respond")
    store.outbox.forget_response_urls(reason="nobody listens")
    assert due(store, now) == ["headline"]
    assert store.outbox.get("answer").refused
    assert store.outbox.get("headline").response_url == ""
    assert [message.key for message in store.outbox.due(now)] == ["headline"]
