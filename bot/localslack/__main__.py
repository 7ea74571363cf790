"""`python -m bot.localslack --port 8484`: the stand-in alone, for any app, in Socket Mode or over HTTP."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

import yaml

from bot.localslack.runner import LocalSlack


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m bot.localslack", description="A strict local stand-in for Slack.")
    parser.add_argument("--port", type=int, default=8484, help="port on 127.0.0.1 (default 8484; 0 = any free one)")
    parser.add_argument(
        "--manifest", type=Path, help="the app's Slack manifest, YAML or JSON (default: an app allowed everything)"
    )
    parser.add_argument("--request-url", default="", help="speak HTTP to the app at this loopback URL (default: Socket Mode)")
    args = parser.parse_args()
    # Blocked before any thread starts, so that only `sigwait` below sees them.
    stop = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    try:
        manifest = yaml.safe_load(args.manifest.read_text()) if args.manifest else None
        slack = LocalSlack(port=args.port, manifest=manifest, request_url=args.request_url)
    except (ValueError, OSError, yaml.YAMLError) as error:
        sys.exit(f"{parser.prog}: {error}")
    with slack:
        sys.stdout.write(f"Local Slack: {slack.url}\n\nPoint the app to it:\n")
        sys.stdout.writelines(f"  export {name}={value}\n" for name, value in slack.environment().items())
        sys.stdout.flush()
        signal.sigwait(stop)


if __name__ == "__main__":
    main()
