"""Crash logs that people paste or upload, through the unmodified bot: read where they stand, and nothing else is."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from bench import Bench, bench

from bot.config import Config, Service, SlackSettings

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
HEALTHY = str(PLAYBOOKS / "goroutine-leak-channel-send" / "examples" / "quiet-healthy-shop")
CRASH = (PLAYBOOKS / "panic-nil-map" / "examples" / "fires-in-handler" / "service.log").read_bytes()
RACE = (PLAYBOOKS / "data-race" / "examples" / "fires-go121" / "service.log").read_bytes()
SECRET = "hunter2" * 2
PANIC = f"""panic: open postgres://shop:{SECRET}@db/shop: <!channel> {{0}}

goroutine 1 [running]:
{{1}}.(*Store).Open(0xc000012345)
	/src/store/store.go:88 +0x1d
main.main()
	/src/main.go:12 +0x20
exit status 2
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def bot(data: Path) -> Iterator[Bench]:
    config = Config(
        services={
            "cart": Service(replay=HEALTHY),
            "checkout": Service(replay=HEALTHY, channel="C0CHECKOUT"),
            "ledger": Service(replay=HEALTHY, own_modules=("example.com/ledger",)),
            "vault": Service(replay=HEALTHY, allow={"diagnose": ("U0JONAS",)}),
        },
        slack=SlackSettings(crash_logs=("C0CHECKOUT", "C0ALERTS")),
    )
    with bench(config, data) as running:
        yield running
        assert running.slack.refusals == ()


def panic(why: str = "refused", package: str = "example.com/shop/store") -> str:
    return PANIC.format(why, package)


def replies(bot: Bench, ts: str, channel: str = "alerts") -> list[dict[str, Any]]:
    return [message for message in bot.answers(channel) if message.get("thread_ts") == ts]


def said(bot: Bench, ts: str) -> list[str]:
    """What was said in words; files are shared anew."""
    return [message["text"] for message in replies(bot, ts) if message["text"]]


def test_a_pasted_crash_is_answered_in_its_thread(bot: Bench) -> None:
    ts = bot.slack.say("maya", "alerts", f"the cart is gone:\n```{panic()}```")
    bot.settle()
    first, *_ = replies(bot, ts)
    assert first["text"].startswith("cart: ")
    assert "store.go:88" in str(first["blocks"])
    (incident,) = bot.store.incidents.list_incidents(service="cart")
    assert (incident.opened_by, incident.thread) == ("maya", ts)
    assert len(bot.store.evidence.of_incident(incident.number)) == 1
    assert "Re-run" not in str(first["blocks"]), "reading it again would say the same"


def test_secrets_and_pings_do_not_come_out(bot: Bench, data: Path) -> None:
    ts = bot.slack.say("maya", "alerts", panic("secrets"))
    file = bot.slack.upload("maya", "alerts", "crash.log", panic("in a file").encode())
    bot.settle()
    messages = [*replies(bot, ts), *replies(bot, file)]
    assert "secret" in str(messages)
    assert SECRET not in str(messages)
    assert "<!channel>" not in str([(message["text"], message.get("blocks")) for message in messages])
    written = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert any(b"this log" in content for content in written)
    assert not any(SECRET.encode() in content for content in written), "nowhere on the disk either"


def test_an_edited_paste_changes_its_answer(bot: Bench) -> None:
    ts = bot.slack.say("maya", "alerts", panic("first"))
    bot.settle()
    before = said(bot, ts)
    assert "first" in replies(bot, ts)[0]["text"]
    bot.slack.edit(ts, panic("second"))
    bot.settle()
    assert "second" in replies(bot, ts)[0]["text"]
    assert len(said(bot, ts)) == len(before)


@pytest.mark.parametrize("packed", [False, True])
def test_an_uploaded_log_is_fetched_and_read(bot: Bench, packed: bool) -> None:  # noqa: FBT001  # a parameter
    name = "service.log.gz" if packed else "service.log"
    ts = bot.slack.upload("jonas", "checkout", name, gzip.compress(CRASH) if packed else CRASH, text="what is this?")
    bot.settle()
    first, *_ = replies(bot, ts, "checkout")
    assert first["text"].startswith("checkout: "), "the channel says whose it is"
    assert "nil map" in first["text"]
    assert "discounts.go:19" in str(first["blocks"])


def test_a_race_report_and_a_dump_are_read(bot: Bench) -> None:
    race = bot.slack.upload("jonas", "alerts", "race.txt", RACE)
    dump = bot.slack.say("jonas", "alerts", "goroutine 7 [chan send, 12 minutes]:\nmain.f(0x1)\n\t/src/f.go:3 +0x1\n")
    bot.settle()
    assert "race" in replies(bot, race)[0]["text"]
    assert replies(bot, dump)


def test_the_modules_in_the_stack_say_whose_log_it_is(bot: Bench) -> None:
    ts = bot.slack.say("maya", "alerts", panic("mine", "example.com/ledger/store"))
    bot.settle()
    assert replies(bot, ts)[0]["text"].startswith("ledger: ")


def test_a_log_of_nobody_is_answered_without_an_incident(bot: Bench) -> None:
    before = bot.store.incidents.list_incidents(status="all")
    ts = bot.slack.say("maya", "alerts", panic("whose"))
    bot.settle()
    first, *_ = replies(bot, ts)
    assert first["text"].startswith("this log: ")
    assert "Mute alerts" not in str(first["blocks"])
    assert bot.store.incidents.list_incidents(status="all") == before


@pytest.mark.parametrize(
    "text",
    [
        "don't panic: lunch is at 12",
        "fatal error: no coffee",
        "fixed in pool.go:88, `goroutine 1` was fine",
        "> panic: oh no\nand a second line",
        "signal: killed",
        "goroutine 12 [running]: whatever that means",
    ],
)
def test_people_who_talk_are_left_alone(bot: Bench, text: str) -> None:
    ts = bot.slack.say("maya", "alerts", text)
    bot.settle()
    assert replies(bot, ts) == []


def test_other_files_are_left_alone(bot: Bench) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("service.log", CRASH)
    names = {"picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "logs.zip": archive.getvalue(), "empty": b" "}
    posted = [bot.slack.upload("maya", "alerts", name, content) for name, content in names.items()]
    posted.append(bot.slack.upload("maya", "alerts", "notes.txt", b"buy milk\ndon't panic\n"))
    bot.settle()
    assert [replies(bot, ts) for ts in posted] == [[], [], [], []]


def test_elsewhere_and_from_bots_nothing_is_read_unasked(bot: Bench) -> None:
    elsewhere = bot.slack.say("maya", "incidents", panic("elsewhere"))
    stranger = bot.slack.post_as_bot("alerts", "Stranger", panic("stranger"))
    bot.settle()
    assert replies(bot, elsewhere, "incidents") == replies(bot, stranger) == []
    for ts in (elsewhere, stranger):
        bot.slack.shortcut("jonas", "diagnose_message", ts)
    bot.settle()
    assert "elsewhere" in replies(bot, elsewhere, "incidents")[0]["text"]
    assert "stranger" in replies(bot, stranger)[0]["text"]


def test_the_shortcut_says_what_it_looked_for(bot: Bench) -> None:
    ts = bot.slack.upload("maya", "incidents", "picture.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, text="look at this")
    bot.slack.shortcut("jonas", "diagnose_message", ts)
    bot.settle()
    answer = bot.answers("incidents")[-1]
    assert answer["visible_to"] == "U0JONAS"
    assert "nothing in this message that I can diagnose" in answer["text"]
    assert "in its text and its 1 file" in answer["text"]
    assert "picture.png" in answer["text"]


def test_the_shortcut_asks_who_may(bot: Bench) -> None:
    ts = bot.slack.say("maya", "incidents", f"vault: {panic('closed')}")
    bot.slack.shortcut("maya", "diagnose_message", ts)
    bot.settle()
    assert "reserved for U0JONAS" in bot.answers("incidents")[-1]["text"]
    assert replies(bot, ts, "incidents") == []
    bot.slack.shortcut("jonas", "diagnose_message", ts)
    bot.settle()
    assert replies(bot, ts, "incidents")[0]["text"].startswith("vault: ")
