"""Kernel logs of playbook examples: what Linux prints when it kills a process for want of memory.

    python tests/goservices/recipes/kernel_log.py

Written here in the kernel's own format (mm/oom_kill.c and mm/memcontrol.c of Linux 6.1), since killing a process for real
would take a memory limit of the machine's. The UIDs of pods are those of `cluster.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
from examples import POD, TAKEN_AT, path_of, uid, write_meta

LIMIT_KB = 512 * 1024
NODE = "constraint=CONSTRAINT_{},nodemask=(null),cpuset=/,mems_allowed=0"
SIZES = "total-vm:1264312kB, anon-rss:523180kB, file-rss:0kB, shmem-rss:0kB"


def group(pod: str) -> str:
    """The control group of a burstable pod."""
    return f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid(pod).replace('-', '_')}.slice"


def limit_reached(task: str, pid: int, pod: str) -> list[str]:
    """A kill because a pod's limit was reached."""
    container = f"{group(pod)}/cri-containerd-{uid(pod).replace('-', '')}.scope"
    return [
        f"{task} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=985",
        f"memory: usage {LIMIT_KB}kB, limit {LIMIT_KB}kB, failcnt 1204",
        f"Memory cgroup stats for {group(pod)}:",
        "Tasks state (memory values in pages):",
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        f"[ {pid:6d}] 65532 {pid:5d}   316078   130795  1482752        0           985 {task}",
        f"oom-kill:{NODE.format('MEMCG')},oom_memcg={group(pod)},task_memcg={container},task={task},pid={pid},uid=65532",
        f"Memory cgroup out of memory: Killed process {pid} ({task}) {SIZES}, UID:65532 pgtables:1448kB oom_score_adj:985",
    ]


def machine_full(task: str, pid: int) -> list[str]:
    """A kill because the machine had no memory left; the victim is a systemd service."""
    return [
        "postgres invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0",
        "Mem-Info:",
        "Node 0 DMA32 free:45056kB boost:0kB min:44812kB low:56012kB high:67212kB managed:3029012kB",
        "Free swap  = 0kB",
        "Total swap = 0kB",
        f"oom-kill:{NODE.format('NONE')},global_oom,task_memcg=/system.slice/{task}.service,task={task},pid={pid},uid=999",
        f"Out of memory: Killed process {pid} ({task}) {SIZES}, UID:999 pgtables:6448kB oom_score_adj:0",
    ]


EXAMPLES = {
    "oom-killed/fires-kernel-log": limit_reached("checkout", 4711, POD),
    "oom-killed/quiet-neighbour-killed": limit_reached("java", 9120, "ledger-7f4c9d5b6-qq2zr"),
    "oom-killed-host/fires-machine-full": machine_full("checkout", 2417),
    "oom-killed-host/quiet-limit-of-the-pod": limit_reached("checkout", 4711, POD),
}


def write(example: str) -> None:
    """Write the kernel's log of one example as journald shows it, and `meta.yaml` where there is none."""
    directory = path_of(example)
    stamp = TAKEN_AT.strftime("%Y-%m-%dT14:01:51.118204+0000")
    text = "".join(f"{stamp} node-4 kernel: {line}\n" for line in EXAMPLES[example])
    (directory / "kernel.log").write_text(text)
    if not (directory / "meta.yaml").exists():
        write_meta(directory, TAKEN_AT)


if __name__ == "__main__":
    for name in EXAMPLES:
        write(name)
