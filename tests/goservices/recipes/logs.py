"""Logs of the shop for playbook examples, where the failure shows in the log alone.

    python tests/goservices/recipes/logs.py [EXAMPLE …] [--go PATH]

Every example of `EXAMPLES` is made again, or those whose path contains one of the words given; those named `go121` only with a
toolchain of Go 1.21 (`--go`), the others only without. The shop runs in a mount
namespace of its own (`unshare`), with the name server of a cluster in resolv.conf and, where a disk has to fill up, a
small tmpfs on /mnt. What the shop says on standard error becomes `service.log`; `meta.yaml` says how it ended.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
import examples
import recorder
import shop

RESOLV_CONF = "nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"
FAULTY_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Recipe:
    """One run of the shop.

    Attributes:
        failure: name of the failure.
        count: its size.
        environment: variables that provoke it.
        mount: options of a tmpfs on /mnt/invoices.
        lifetime: seconds until the shop ends by itself; with `running`, its last two lines are left out: it goes on.
    """

    failure: str
    count: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    mount: str = ""
    lifetime: float = 1.0
    running: bool = True


INVOICES = {"INVOICES": "/mnt/invoices"}
EXAMPLES = {
    "config-load-failure/fires-missing-variable": Recipe("config-missing-variable"),
    "config-load-failure/fires-missing-file": Recipe("config-missing-file"),
    "config-load-failure/fires-broken-json": Recipe("config-broken-file"),
    "config-load-failure/quiet-safe-default": Recipe("config-safe-default"),
    "config-load-failure/quiet-other-last-words": Recipe("exit-schema"),
    "init-panic/fires-package-variable": Recipe("init-panic", environment={"SHOP_TAX_RATES": "DE=19,FR=zwanzig"}),
    "init-panic/fires-before-it-is-set": Recipe("init-panic", environment={"SHOP_TAX_REGION": "EU", "SHOP_TAX_RATES": "DE=19"}),
    "init-panic/fires-go121-package-variable": Recipe("init-panic", environment={"SHOP_TAX_RATES": "DE=19,FR=zwanzig"}),
    "init-panic/quiet-panic-after-start": Recipe("crash-nil"),
    "port-in-use/fires-main-port": Recipe("port-in-use"),
    "port-in-use/fires-metrics-port": Recipe("port-in-use-second"),
    "port-in-use/quiet-freed-in-time": Recipe("port-freed-in-time"),
    "disk-full/fires-invoices": Recipe("disk-full", count=60, environment=INVOICES, mount="size=64k"),
    "disk-full/fires-no-inodes": Recipe("disk-full", count=60, environment=INVOICES, mount="size=8m,nr_inodes=20"),
    "disk-full/quiet-disk-of-another": Recipe("disk-full-elsewhere", count=40),
    "disk-read-only/fires-invoices": Recipe("disk-full", count=30, environment=INVOICES, mount="size=64k,ro"),
    "disk-read-only/quiet-disk-full": Recipe("disk-full", count=40, environment=INVOICES, mount="size=64k"),
    "unhandled-exit/fires-log-fatal": Recipe("exit-schema"),
    "unhandled-exit/fires-os-exit": Recipe("exit-abandoned"),
    "unhandled-exit/quiet-shutdown": Recipe("config-safe-default", running=False),
    "unhandled-exit-fatal-line/fires-superseded": Recipe("exit-fatal-record"),
    "unhandled-exit-fatal-line/quiet-panic": Recipe("crash-nil"),
    "tls-certificate-expired/fires-provider": Recipe("tls-expired", count=30),
    "tls-certificate-expired/fires-go121-provider": Recipe("tls-expired", count=30),
    "tls-certificate-expired/fires-not-yet-valid": Recipe("tls-not-yet-valid", count=30),
    "tls-certificate-expired/quiet-unknown-authority": Recipe("tls-unknown-authority", count=30),
    "tls-certificate-unknown-authority/fires-provider": Recipe("tls-unknown-authority", count=30),
    "tls-certificate-unknown-authority/quiet-once": Recipe("tls-unknown-authority", count=1),
    "tls-certificate-wrong-name/fires-provider": Recipe("tls-wrong-name", count=30),
    "tls-certificate-wrong-name/quiet-expired": Recipe("tls-expired", count=30),
    "tls-certificate-refused-by-peer/fires-callers": Recipe("tls-refused-by-callers", count=60),
    "tls-certificate-refused-by-peer/quiet-one-scanner": Recipe("tls-refused-by-callers", count=3),
    "connection-failure-refused/fires-provider-down": Recipe("peer-gone", count=60),
    "connection-failure-refused/quiet-a-few": Recipe("peer-gone", count=5),
    "connection-failure-timeout/fires-nothing-comes-back": Recipe("peer-unreachable", count=40, lifetime=20),
    "connection-failure-timeout/quiet-a-few": Recipe("peer-unreachable", count=4, lifetime=4),
    "connection-failure-timeout/quiet-resolver-silent": Recipe("dns-resolver-silent", count=30, lifetime=20),
    "connection-failure-reset/fires-provider-hangs-up": Recipe("peer-resets", count=60),
    "connection-failure-reset/quiet-customers-leave": Recipe("customers-leave", count=60, lifetime=5),
    "dns-failure-name/fires-unknown-name": Recipe("dns-name-unknown", count=30),
    "dns-failure-name/quiet-once": Recipe("dns-name-unknown", count=1),
    "dns-failure-name/quiet-resolver-fails": Recipe("dns-resolver-fails", count=30),
    "dns-failure-resolver/fires-errors": Recipe("dns-resolver-fails", count=30),
    "dns-failure-resolver/fires-go121-errors": Recipe("dns-resolver-fails", count=30),
    "dns-failure-resolver/fires-silence": Recipe("dns-resolver-silent", count=30, lifetime=20),
    "dns-failure-resolver/quiet-name-unknown": Recipe("dns-name-unknown", count=30),
}


def record(recipe: Recipe, directory: Path, *, binary: Path, go_version: str) -> None:
    """Run the shop once and save what it logged."""
    log, status = run(recipe, binary)
    if recipe.running and status == 0:
        log = log[: log.rindex(b'level=info msg="shutting down"')].rpartition(b"\n")[0] + b"\n"
    recorder.save(directory / "service.log", log, binary)
    examples.write_meta(
        directory,
        datetime.now(UTC),
        instance=examples.POD,
        failure=recipe.failure,
        go_version=go_version,
        count=recipe.count,
        exit_status=None if recipe.running and status == 0 else status,
    )


def run(recipe: Recipe, binary: Path) -> tuple[bytes, int]:
    """Run the shop in its namespace; its log and its exit status."""
    with tempfile.TemporaryDirectory() as scratch:
        resolv = Path(scratch) / "resolv.conf"
        resolv.write_text(RESOLV_CONF)
        words = [str(binary), f"--failure={recipe.failure}", f"--count={recipe.count}", f"--lifetime={recipe.lifetime}s"]
        prepare = ['mount --bind "$0" /etc/resolv.conf']
        if recipe.mount:
            prepare += [
                "mount -t tmpfs tmpfs /mnt",
                "mkdir /mnt/invoices",
                f"mount -t tmpfs -o {recipe.mount} tmpfs /mnt/invoices",
            ]
        script = " && ".join([*prepare, 'exec "$@"'])
        process = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script, str(resolv), *words],
            env={"TZ": "UTC", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **recipe.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=FAULTY_START_SECONDS,
            check=False,
        )
    return process.stderr, process.returncode


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description="Record logs of the shop for playbook examples.")
    parser.add_argument("words", nargs="*", help="only the examples whose path contains one of these")
    parser.add_argument("--go", type=Path, help="toolchain to build with (default: the one of this Python environment)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        binary, version = recorder.built(Path(scratch) / "built", options.go or shop.find_go())
        for name, recipe in EXAMPLES.items():
            fitting = ("go121" in name) == version.startswith("go1.21.")
            if fitting and (not options.words or any(word in name for word in options.words)):
                record(recipe, examples.path_of(name), binary=binary, go_version=version)


if __name__ == "__main__":
    main()
