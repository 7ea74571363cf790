"""Which instances and servers answer, and what is said of the others."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from misbehaving import Misbehaving, Reply, always, http_answer
from shop import ShopRunner

from bot.config import Config, Service
from bot.doctor.services import checks, server_checks
from bot.model.check import State, ok, skipped, wrong
from bot.model.login import Api
from bot.model.sources import Discover, DnsDiscovery

INDEX = always(http_answer(b"<html>\n<title>/debug/pprof/</title> goroutine heap", Content_Type="text/html; charset=utf-8"))
LOGIN = always(http_answer(b"<html><form>Log in</form>", Content_Type="text/html"))


@pytest.fixture
def serve() -> Iterator[Callable[[Reply], Misbehaving]]:
    servers: list[Misbehaving] = []

    def start(reply: Reply) -> Misbehaving:
        servers.append(Misbehaving(reply))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_instances_that_answer_are_counted_and_the_others_named(serve: Callable[[Reply], Misbehaving]) -> None:
    well, login, gone = serve(INDEX), serve(LOGIN), serve(INDEX)
    refusing = serve(always(http_answer(b"no", status="401 Unauthorized")))
    targets = tuple(server.url for server in (well, login, gone, refusing))
    nowhere = gone.place
    gone.close()
    (check,) = checks(Config(services={"checkout": Service(targets=targets)}))
    assert check == wrong(
        "services",
        f"checkout: 1 of 4 instances answer; {login.place}: another page is at /debug/pprof/; is net/http/pprof mounted there?; "
        f"{nowhere}: connection refused: nothing listens on {nowhere}; "
        f"{refusing.place}: 401: set auth in the configuration",
    )
    assert [request.split(b" ")[1] for request in well.requests] == [b"/debug/pprof/"]


def test_a_real_program_answers(run_shop: ShopRunner) -> None:
    shop = run_shop("healthy", until="listening")
    assert list(checks(Config(services={"checkout": Service(targets=(shop.url,))}))) == [
        ok("services", "checkout: 1 of 1 instance answers")
    ]


def test_a_service_whose_instances_nobody_knows_is_said() -> None:
    discover = Discover(dns=DnsDiscovery(name="checkout.invalid", port=6060))
    (check,) = checks(Config(services={"checkout": Service(discover=discover)}))
    assert check.state is State.WRONG
    assert "no instance is known: the name checkout.invalid cannot be looked up" in check.text


def test_saved_bundles_must_be_there(tmp_path: Path) -> None:
    config = Config(services={"checkout": Service(replay=str(tmp_path))})
    assert list(checks(config)) == [ok("services", "checkout: answers from a saved bundle")]
    shutil.rmtree(tmp_path)
    assert list(checks(config)) == [
        wrong("services", f"checkout: there is no saved bundle {tmp_path}; correct `replay`"),
    ]


def test_nothing_to_ask_is_skipped() -> None:
    assert list(checks(Config())) == [skipped("services", "no service is configured")]
    assert list(server_checks(Config())) == []


def test_servers_are_asked_through_their_own_api(serve: Callable[[Reply], Misbehaving]) -> None:
    well, login = serve(always(http_answer(b'{"status": "success"}', Content_Type="application/json"))), serve(LOGIN)
    config = Config(prometheus=Api(url=well.url), loki=Api(url=login.url), kubernetes=Api(url=well.url))
    prometheus, loki, kubernetes = server_checks(config)
    assert prometheus == ok("prometheus", f"{well.url} answers")
    assert loki == wrong("loki", "Loki: answered with an HTML page, not a status; correct `loki` in the configuration")
    assert kubernetes == ok("kubernetes", f"{well.url} answers")
    assert [request.split(b" ")[1] for request in well.requests] == [b"/api/v1/query?query=vector%281%29", b"/version?"]
