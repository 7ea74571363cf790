"""Go servers that other people wrote, as Debian packages them, are read whole and found healthy."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cli import gocrash
from shop import ShopRunner, wait_until

from bot.collect.api import Api
from bot.collect.prometheus import PrometheusHistory
from bot.model.access import Access, Limits
from bot.parse.history import parse_history

START_SECONDS = 40.0
STOP_SECONDS = 10.0

pytestmark = pytest.mark.debian

PROMETHEUS = (
    "global: {scrape_interval: 1s}\nscrape_configs:\n- {job_name: self, static_configs: [{targets: ['127.0.0.1:PORT']}]}\n"
)
ALERTMANAGER = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
SERVERS = {
    "prometheus": (PROMETHEUS, ["--storage.tsdb.path=data", "--web.enable-lifecycle"]),
    "prometheus-alertmanager": (ALERTMANAGER, ["--storage.path=data", "--cluster.listen-address="]),
}


@contextmanager
def running(program: str, directory: Path, *, more: str = "") -> Iterator[str]:
    """Run a server on a free port of the loopback, from its first ready answer to the end of the block; `more` configures it."""
    binary = shutil.which(program)
    assert binary, f"{program} is needed: apt-get install {program}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config, options = SERVERS[program]
    (directory / "config.yml").write_text(config.replace("PORT", str(port)) + more)
    log = directory / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [binary, "--config.file=config.yml", f"--web.listen-address=127.0.0.1:{port}", *options],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"{program} did not start: {log.read_text()}"
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", trust_env=False, timeout=STOP_SECONDS).is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("program", SERVERS)
def test_a_server_of_others_is_read_whole_and_found_healthy(program: str, tmp_path: Path) -> None:
    with running(program, tmp_path) as url:
        run = gocrash("diagnose", url, "--service", program, "--deep", "--interval", "1", "--format", "json")
    assert run.status == 0, run.err
    answer = json.loads(run.out)
    assert set(answer["targets"][0]["collected"]) >= {"metrics", "goroutine", "heap"}
    assert answer["dump"]["seen"] == answer["dump"]["parsed"] > 0
    assert not answer["dump"]["truncated"]
    assert not answer["problems"]
    alarming = [found["summary"] for found in answer["findings"] if found["severity"] in {"critical", "high", "medium"}]
    assert not alarming


def test_the_history_that_a_real_prometheus_keeps_of_the_shop_is_found(run_shop: ShopRunner, tmp_path: Path) -> None:
    shop = run_shop("leak-chan-send", count=300)
    place = urlsplit(shop.url).netloc
    job = f"- {{job_name: checkout, static_configs: [{{targets: ['{place}']}}]}}\n"
    with running("prometheus", tmp_path, more=job) as url:
        api = Api("Prometheus", url, Access(), Limits(deadline_seconds=STOP_SECONDS))
        source = PrometheusHistory(api=api, selector='{job="checkout"}', back_seconds=60, step_seconds=1)

        def has_points() -> bool:
            evidence, _ = source.read(datetime.now(UTC))
            series = parse_history(evidence[0].read()).series if evidence else ()
            return any(item.name == "go_goroutines" and len(item.points) > 3 for item in series)

        wait_until(has_points, START_SECONDS)
        (tmp_path / "gocrash.yaml").write_text(
            f"services: {{checkout: {{targets: ['{shop.url}'], history: {{hours: 1m, step: 1s}}}}}}\n"
            f"prometheus: {{url: '{url}'}}\n"
            "defaults: {interval: 0}\n"
        )
        run = gocrash("diagnose", "checkout", "--save", "kept", "--format", "json", cwd=tmp_path)
    assert ["history"] in [target["collected"] for target in json.loads(run.out)["targets"]]
    found = json.loads(gocrash("facts", "kept", "--format", "json", cwd=tmp_path).out)["metric_series"]
    row = next(item for item in found if item["name"] == "go_goroutines")
    assert (row["target"], row["evidence"], row["restarted"]) == (place, "history.json", False)
    assert row["last"] > 300
    assert row["points"] > 3
