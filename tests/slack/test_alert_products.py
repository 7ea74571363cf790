"""Every alert product through the unmodified bot: a firing message is answered in its thread, about the right service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench, bench

from bot.cli import demo
from bot.config import AlertChannel, Config, Service, SlackSettings, load_config
from bot.localslack.alert_files import alert_names, load_alert
from bot.localslack.manifest import id_part

HEALTHY = Path(__file__).parents[2] / "playbooks" / "goroutine-leak-channel-send" / "examples" / "quiet-healthy-shop"
SERVICES = ("cart", "catalogue", "checkout", "discounts", "ledger", "orders")
FIRING = [name for name in alert_names() if not name.endswith("-resolved")]
# Slack takes about one message a second and channel: three channels are done sooner than one.
CHANNELS = ("alerts", "checkout", "incidents")


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bench]:
    bots = tuple({"B0" + id_part(load_alert(name).bot) for name in FIRING})
    config = Config(
        services={name: Service(replay=str(HEALTHY)) for name in SERVICES},
        slack=SlackSettings(alerts=tuple(AlertChannel("C0" + id_part(channel), bots) for channel in CHANNELS)),
    )
    with bench(config, tmp_path) as running:
        yield running
        assert running.slack.refusals == ()


def test_every_product_is_answered_in_its_thread(bot: Bench) -> None:
    posted = {name: (CHANNELS[at % 3], bot.slack.post_alert(name, CHANNELS[at % 3])) for at, name in enumerate(FIRING)}
    bot.settle()
    for name, (channel, ts) in posted.items():
        answers = [message["text"] for message in bot.answers(channel) if message.get("thread_ts") == ts]
        assert answers, f"{name} was not answered"
        # The names of the files say which service they are about.
        assert name.split("-")[1] in answers[0], f"{name} was answered with {answers[0]}"
    events = {
        event.actor
        for incident in bot.store.incidents.list_incidents()
        for event in bot.store.timeline.of(incident.number)
        if event.kind == "alert"
    }
    assert events == {"generic" if name.startswith("other") else name.split("-")[0] for name in FIRING}


def test_the_demo_answers_every_product() -> None:
    config = load_config(Path(demo.__file__).with_name("demo.yaml"), {})
    (alerts,) = config.slack.alerts
    assert {"B0" + id_part(load_alert(name).bot) for name in FIRING} == set(alerts.bots)
    assert {name.split("-")[1] for name in FIRING} <= config.services.keys()
