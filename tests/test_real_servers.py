"""Go servers that other people wrote, as Debian packages them, are read whole and found healthy."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cli import gocrash

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
def running(program: str, directory: Path) -> Iterator[str]:
    """Run a server on a free port of the loopback, from its first ready answer on; it ends with the block."""
    binary = shutil.which(program)
    assert binary, f"{program} is needed: apt-get install {program}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config, options = SERVERS[program]
    (directory / "config.yml").write_text(config.replace("PORT", str(port)))
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
