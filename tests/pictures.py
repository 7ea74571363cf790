"""Makes the README's pictures anew, from the real thing: `python tests/pictures.py` (needs Chromium)."""

from __future__ import annotations

import io
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from browser import Browser, browser  # noqa: E402
from PIL import Image  # noqa: E402  # the checkout's own modules come first
from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

from bot.cli.demo import company  # noqa: E402
from bot.collect.bundle import read_bundle  # noqa: E402
from bot.diagnose import Subject, judge, load_engine  # noqa: E402
from bot.render.terminal import print_diagnosis  # noqa: E402

PICTURES = ROOT / "deploy" / "pictures"
CONVOY = ROOT / "playbooks" / "lock-contention" / "examples" / "fires-slow-supplier"
COLORS = 128
LINES = 34
SECONDS = 60.0


def main() -> None:
    """Write every picture."""
    PICTURES.mkdir(exist_ok=True)
    with browser(1440, 960) as page, tempfile.TemporaryDirectory() as directory:
        demo(page, Path(directory))
        terminal(page, Path(directory))


def demo(page: Browser, data: Path) -> None:
    """`/gocrash checkout` in the local Slack, its thread open."""
    with company(0, data, live=False) as (slack, store):
        slack.command("maya", "checkout", "/gocrash checkout")
        slack.wait_idle(until=store.is_idle, timeout_seconds=SECONDS, quiet_seconds=1.0)
        answer = next(message for message in slack.messages("checkout") if message.get("bot_id"))
        page.open(f"{slack.url}/archives/C0CHECKOUT/p{answer['ts'].replace('.', '')}")
        page.wait("document.body.innerText.includes('View thread')")
        page.run("[...document.querySelectorAll('button, a')].find(e => e.innerText.includes('View thread')).click()")
        page.wait("document.body.innerText.includes('Runbook:')")
        save(page, PICTURES / "demo.png")


def terminal(page: Browser, directory: Path) -> None:
    """`gocrash diagnose` on the same company's lock convoy."""
    bundle = read_bundle(CONVOY)
    outcome = judge(bundle, load_engine(), Subject(name=bundle.service))
    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
    print_diagnosis(outcome.diagnosis, console)
    lines = console.export_text(styles=True, clear=False).splitlines()[:LINES]
    shown = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
    shown.print(Text.from_ansi("\n".join(lines)))
    svg = directory / "terminal.svg"
    svg.write_text(shown.export_svg(title="gocrash diagnose ledger"))
    page.open(svg.as_uri())
    save(page, PICTURES / "terminal.png")


def save(page: Browser, path: Path) -> None:
    """Save what the page shows, with few enough colours to stay small."""
    page.picture(path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)} {path.stat().st_size // 1000} kB {datetime.now(UTC):%Y-%m-%d}\n")


if __name__ == "__main__":
    main()
