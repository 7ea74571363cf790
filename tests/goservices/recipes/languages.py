"""Makes the log of a pod in which programs of other languages died: `panic-explicit/quiet-other-languages`.

    python tests/goservices/recipes/languages.py

Node, Java, Rust and Python are run for it and print their own traces (all four must be installed). Two parts are written in the
format of their makers and were not printed here: the trace of Ruby, and the oops of the Linux kernel.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
import examples

EXAMPLE = "panic-explicit/quiet-other-languages"

PROGRAMS: Mapping[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "picker.js": (
        "function stock(shelf) { return shelf.pieces.length; }\nstock({ name: 'boots' });\n",
        (("node", "picker.js"),),
    ),
    "Picker.java": (
        """\
public class Picker {
  static int stock(String shelf) { return shelf.length(); }
  public static void main(String[] a) { System.out.println(stock(null)); }
}
""",
        (("java", "Picker.java"),),
    ),
    "picker.rs": (
        """\
fn stock(shelves: &[u32], i: usize) -> u32 { shelves[i] }
fn main() { let n = std::env::args().count() + 6; println!("{}", stock(&[1, 2], n)); }
""",
        (("rustc", "-o", "picker", "picker.rs"), ("./picker",)),
    ),
    "picker.py": (
        "def stock(shelf):\n    return shelf['pieces']\n\n\nstock(None)\n",
        ((sys.executable, "picker.py"),),
    ),
}

BY_HAND = """\
picker.rb:4:in `stock': undefined method `pieces' for nil:NilClass (NoMethodError)
\tfrom picker.rb:9:in `block in <main>'
\tfrom picker.rb:8:in `each'
\tfrom picker.rb:8:in `<main>'
[ 8211.402113] BUG: kernel NULL pointer dereference, address: 0000000000000010
[ 8211.402119] #PF: supervisor read access in kernel mode
[ 8211.402125] Oops: 0000 [#1] SMP NOPTI
[ 8211.402131] CPU: 3 PID: 4111 Comm: kworker/3:1 Not tainted 6.1.0-18-amd64 #1
[ 8211.402140] Call Trace:
[ 8211.402143]  <TASK>
[ 8211.402146]  process_one_work+0x1c7/0x380
[ 8211.402151]  worker_thread+0x4d/0x380
[ 8211.402155]  kthread+0xda/0x100
[ 8211.402159]  ret_from_fork+0x1f/0x30
[ 8211.402163]  </TASK>
[ 8211.402170] Kernel panic - not syncing: Fatal exception
"""

BEFORE = """\
2026-11-20T23:03:36Z level=info msg="pickers started" source=main.go:12 count=6
"""
AFTER = """\
2026-11-20T23:03:41Z level=info msg="shutting down" source=main.go:40 signal=terminated
2026-11-20T23:03:41Z level=info msg="bye" source=main.go:44
"""


def traces() -> str:
    """What the programs print when they die."""
    printed = []
    with tempfile.TemporaryDirectory() as directory:
        for name, (source, commands) in PROGRAMS.items():
            (Path(directory) / name).write_text(source)
            for command in commands:
                done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=120)
            if done.returncode == 0:
                raise RuntimeError(f"{name} should have died")
            printed.append(done.stderr.replace(f"{directory}/", "/app/"))
    return "".join(printed)


def main() -> None:
    """Write the example."""
    directory = examples.path_of(EXAMPLE)
    (directory / "service.log").write_text(BEFORE + traces() + BY_HAND + AFTER)
    examples.write_meta(directory, datetime.now(UTC), failure="programs of other languages died")


if __name__ == "__main__":
    main()
