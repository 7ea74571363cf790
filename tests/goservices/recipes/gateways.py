"""Error lines of gateways for playbook examples: Debian's nginx on loopback in front of the real failing shop.

    python tests/goservices/recipes/gateways.py [EXAMPLE …]

`gateway.log` is nginx's own error log. Lines of envoy are written by hand here, in its default access log format
(https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage), since envoy is not in Debian.
"""

from __future__ import annotations

import sys
import tempfile
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, Popen

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
import recorder
import shop
from examples import TAKEN_AT, path_of, write_meta

PORT = 18080
CONFIGURATION = """
user root; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log warn; daemon off;
events {{ worker_connections 256; }}
http {{
  access_log off; proxy_read_timeout 300ms; proxy_connect_timeout 300ms;
  client_body_temp_path {directory}/b; proxy_temp_path {directory}/p; fastcgi_temp_path {directory}/f;
  uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  upstream checkout {{ {servers} }}
  server {{ listen 127.0.0.1:{port}; server_name checkout; location / {{ proxy_pass http://checkout; }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One run: the shop with a failure, the gateway before it, some requests.

    Attributes:
        failure: of the shop; it is stopped before the requests come where `gone` is set.
        path: what is asked for.
        requests: how often.
        replicas: how many addresses the gateway knows; with more than one it gives each up after one failure.
        keep_log: the shop's log is part of the example.
    """

    failure: str
    path: str
    requests: int
    gone: bool = False
    replicas: int = 1
    keep_log: bool = False


EXAMPLES = {
    "gateway-502-refused/fires-process-gone": Case("healthy", "/cart?session=7", 40, gone=True),
    "gateway-502-refused/fires-after-a-panic": Case("crash-nil", "/cart?session=7", 40, gone=True, keep_log=True),
    "gateway-502-refused/quiet-one-restart": Case("healthy", "/cart?session=7", 2, gone=True),
    "gateway-502-premature-close/fires-handler-panics": Case("handler-panic", "/checkout?voucher=SUMMER", 25, keep_log=True),
    "gateway-502-premature-close/fires-gateway-log-alone": Case("handler-panic", "/checkout?voucher=SUMMER", 25),
    "gateway-502-premature-close/quiet-twice": Case("handler-panic", "/checkout?voucher=SUMMER", 2),
    "gateway-502-no-live-upstream/fires-both-replicas-gone": Case("healthy", "/cart?session=7", 40, gone=True, replicas=2),
    "gateway-502-no-live-upstream/quiet-one-refuses": Case("healthy", "/cart?session=7", 12, gone=True),
    "gateway-502-timeout/fires-silent-handler": Case("lock-convoy", "/pay?session=7", 12),
    "gateway-502-timeout/quiet-twice": Case("lock-convoy", "/pay?session=7", 2),
}
ENVOY = {
    "gateway-502-refused/fires-envoy": ("UF,URX", 503, "10.0.3.7:8080"),
    "gateway-502-premature-close/fires-envoy": ("UC", 503, "10.0.3.7:8080"),
    "gateway-502-no-live-upstream/fires-envoy": ("UH", 503, "-"),
    "gateway-502-timeout/fires-envoy": ("UT", 504, "10.0.3.7:8080"),
}


@contextmanager
def nginx(directory: Path, addresses: list[str]) -> Iterator[None]:
    """Run nginx in front of these addresses; it ends with the block."""
    servers = " ".join(
        f"server {address} {'max_fails=1 fail_timeout=60s' if addresses[1:] else 'max_fails=0'};" for address in addresses
    )
    configuration = directory / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(directory=directory, servers=servers, port=PORT))
    process = Popen(["nginx", "-p", directory, "-c", configuration], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    try:
        shop.wait_until((directory / "nginx.pid").exists, 10)
        yield
    finally:
        process.terminate()
        process.wait(10)


def ask(path: str) -> None:
    """Send one request through the gateway; whatever it answers is right."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=10).close()
    except urllib.error.HTTPError as error:
        error.close()


def record(case: Case, directory: Path, binary: Path) -> None:
    """Run one case and save what the gateway said."""
    with tempfile.TemporaryDirectory() as scratch:
        runner = shop.ShopRunner(binary, Path(scratch))
        shops = [runner(case.failure, count=20) for _ in range(case.replicas)]
        addresses = [found.url.removeprefix("http://") for found in shops]
        try:
            if case.gone:
                runner.stop()
            with nginx(Path(scratch), addresses):
                for _ in range(case.requests):
                    ask(case.path)
        finally:
            runner.stop()
        lines = (Path(scratch) / "error.log").read_text().splitlines(keepends=True)
        recorder.save(directory / "gateway.log", "".join(line for line in lines if "upstream" in line).encode(), binary)
        if case.keep_log:
            recorder.save(directory / "service.log", shops[0].log.encode(), binary)
    write_meta(directory, datetime.now(UTC), failure=case.failure)


def envoy(directory: Path, flags: str, status: int, upstream: str) -> None:
    """Write thirty refused requests as envoy logs them."""
    lines = []
    for number in range(30):
        moment = (TAKEN_AT - timedelta(seconds=60 - number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        request = uuid.uuid5(uuid.NAMESPACE_DNS, f"{flags}{number}")
        ms = 15000 if flags == "UT" else number % 5
        lines.append(
            f'[{moment}] "POST /pay HTTP/1.1" {status} {flags} 212 152 {ms} - "10.0.0.9" "Go-http-client/1.1" "{request}" '
            f'"checkout.example.com" "{upstream}"\n'
        )
    (directory / "gateway.log").write_text("".join(lines))
    write_meta(directory, TAKEN_AT)


def main() -> None:
    """Make the examples named on the command line, or all."""
    chosen: Callable[[str], bool] = lambda name: len(sys.argv) == 1 or any(word in name for word in sys.argv[1:])  # noqa: E731
    with tempfile.TemporaryDirectory() as scratch:
        binary, _ = recorder.built(Path(scratch) / "built", shop.find_go())
        for name, case in EXAMPLES.items():
            if chosen(name):
                record(case, path_of(name), binary)
    for name, (flags, status, upstream) in ENVOY.items():
        if chosen(name):
            envoy(path_of(name), flags, status, upstream)


if __name__ == "__main__":
    main()
