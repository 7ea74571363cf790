"""Bundles: what is written is read back, secrets masked; nothing else is ever overwritten."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.collect.bundle import as_it_is, is_bundle, kind_of_name, read_bundle, write_bundle
from bot.errors import UsageError
from bot.model.evidence import Bundle, CollectFailure, Evidence, Kind, Target

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NAMES = {
    "goroutine.pb.gz": Kind.GOROUTINE,
    "goroutine.txt": Kind.GOROUTINE,
    "goroutine.debug1.txt": Kind.GOROUTINE,
    "goroutineleak.txt": Kind.GOROUTINELEAK,
    "heap.pb.gz": Kind.HEAP,
    "metrics.txt": Kind.METRICS,
    "history.json": Kind.HISTORY,
    "service.log": Kind.SERVICE_LOG,
    "service.log.1": Kind.SERVICE_LOG,
    "gateway.log": Kind.GATEWAY_LOG,
    "kernel.log": Kind.KERNEL_LOG,
    "kubelet.log": Kind.KUBELET_LOG,
    "pods.json": Kind.PODS,
    "events.json": Kind.EVENTS,
}


def masking(source: BinaryIO, sink: BinaryIO) -> int:
    data = source.read()
    sink.write(data.replace(b"hunter2", b"[masked]"))
    return data.count(b"hunter2")


def evidence(
    name: str, content: bytes | Path = b"x", target: Target | None = None, *, sample: int = 0, source: str = "/src"
) -> Evidence:
    return Evidence(kind=NAMES[name], name=name, content=content, source=source, collected_at=NOON, target=target, sample=sample)


def shown(bundle: Bundle) -> Bundle:
    """The bundle with contents instead of paths, evidence in a fixed order."""
    items = [replace(item, content=item.read()) for item in bundle.evidence]
    items.sort(key=lambda item: (item.instance, item.sample, item.name))
    return replace(bundle, evidence=tuple(items), baseline=shown(bundle.baseline) if bundle.baseline else None)


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
TIMES = st.integers(0, 10**9).map(lambda seconds: NOON - timedelta(seconds=seconds))


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    service = draw(st.sampled_from(["checkout", "007", "no", "2026-11-20"]))
    instances = draw(
        st.lists(st.sampled_from(["10.0.3.7:6060", "10.0.3.7_6060", "..", "pod/a b", "ä", "1"]), unique=True, max_size=4)
    )
    targets = tuple(
        Target(service, instance, draw(st.sampled_from(["", f"http://{number}:80"]))) for number, instance in enumerate(instances)
    )
    owners = st.sampled_from([None, *targets])
    keys = draw(st.lists(st.tuples(owners, st.sampled_from(sorted(NAMES)), st.integers(0, 1)), unique=True, max_size=8))
    if len(targets) == 1:  # then the target and the service share one directory
        keys = list({(name, sample): (owner, name, sample) for owner, name, sample in keys}.values())
    items = tuple(
        Evidence(
            kind=NAMES[name],
            name=name,
            content=draw(st.binary(max_size=50)),
            source=draw(WORDS),
            collected_at=draw(TIMES),
            target=owner,
            duration_seconds=draw(st.floats(0, 60)),
            frozen_seconds=draw(st.floats(0, 60)),
            sample=sample,
            truncated=draw(st.booleans()),
        )
        for owner, name, sample in keys
    )
    flags = {"overdue": st.booleans(), "withheld": st.booleans()}
    failures = st.builds(CollectFailure, kind=st.sampled_from(list(Kind)), reason=WORDS, target=owners, **flags)
    return Bundle(
        service=service,
        taken_at=draw(TIMES),
        targets=targets,
        evidence=items,
        failures=tuple(draw(st.lists(failures, max_size=3))),
        about=draw(st.dictionaries(WORDS, WORDS, max_size=3)),
    )


@settings(max_examples=60, deadline=None)
@given(bundle=bundles(), baseline=st.none() | bundles())
def test_what_is_written_is_read_back(bundle: Bundle, baseline: Bundle | None) -> None:
    whole = replace(bundle, baseline=baseline)
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "saved"
        assert write_bundle(whole, directory, as_it_is) == 0
        assert shown(read_bundle(directory)) == shown(whole)
        again = Path(scratch) / "again"
        write_bundle(read_bundle(directory), again, as_it_is)
        assert shown(read_bundle(again)) == shown(whole)


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_names_tell_the_kind(name: str, kind: Kind) -> None:
    assert kind_of_name(name) is kind


@pytest.mark.parametrize(
    "name", ["expected.yaml", "expected.md", "meta.yaml", "heap.md", "heap.pb.gz~", ".heap.pb.gz", "goroutines.txt", "log"]
)
def test_other_names_are_no_evidence(name: str) -> None:
    assert kind_of_name(name) is None


def test_a_directory_without_meta_is_read_as_usual(tmp_path: Path) -> None:
    directory = tmp_path / "fires-unbuffered-results"
    (directory / "second").mkdir(parents=True)
    (directory / "baseline").mkdir()
    for name in ("goroutine.txt", "gateway.log", "second/heap.pb.gz", "baseline/heap.pb.gz", "expected.yaml"):
        (directory / name).write_bytes(name.encode())
    bundle = read_bundle(directory)
    target = Target("fires-unbuffered-results", "fires-unbuffered-results")
    assert bundle.service == "fires-unbuffered-results"
    assert bundle.targets == (target,)
    assert [(item.name, item.sample, item.target) for item in bundle.evidence] == [
        ("gateway.log", 0, None),
        ("goroutine.txt", 0, target),
        ("heap.pb.gz", 1, target),
    ]
    assert bundle.baseline is not None
    assert bundle.baseline.service == bundle.service
    assert [item.read() for item in bundle.baseline.evidence] == [b"baseline/heap.pb.gz"]
    assert read_bundle(directory, "checkout").service == "checkout"


def test_a_recorded_meta_is_understood(tmp_path: Path) -> None:
    (tmp_path / "service.log").write_text("x")
    (tmp_path / "meta.yaml").write_text(
        "service: checkout\nfailure: oom\ngo_version: go1.27.3\nexit_status: null\ncollected_at: 2026-11-20T12:00:00\n"
        "targets: [{instance: shop-1}]\n"
    )
    bundle = read_bundle(tmp_path)
    assert (bundle.service, bundle.taken_at) == ("checkout", NOON)
    assert bundle.about == {"failure": "oom", "go_version": "go1.27.3"}
    assert bundle.evidence[0].target == Target("checkout", "shop-1")


def test_several_targets_have_directories_of_their_own(tmp_path: Path) -> None:
    first, second = Target("checkout", "10.0.3.7:6060"), Target("checkout", "10.0.3.7/6060")
    bundle = Bundle(
        service="checkout",
        taken_at=NOON,
        targets=(first, second),
        evidence=(evidence("heap.pb.gz", target=first), evidence("heap.pb.gz", target=second), evidence("gateway.log")),
    )
    write_bundle(bundle, tmp_path / "saved", as_it_is)
    files = sorted(path.relative_to(tmp_path / "saved").as_posix() for path in (tmp_path / "saved").rglob("*") if path.is_file())
    assert files == ["gateway.log", "meta.yaml", "targets/10.0.3.7_6060-2/heap.pb.gz", "targets/10.0.3.7_6060/heap.pb.gz"]


def test_names_that_collide_are_numbered(tmp_path: Path) -> None:
    twice = (
        evidence("service.log", b"one"),
        evidence("service.log", b"two"),
        evidence("heap.pb.gz", b"1"),
        evidence("heap.pb.gz", b"2"),
    )
    write_bundle(Bundle(service="checkout", taken_at=NOON, evidence=twice), tmp_path / "saved", as_it_is)
    found = {item.name: item.read() for item in read_bundle(tmp_path / "saved").evidence}
    assert found == {"service.log": b"one", "service.log.2": b"two", "heap.pb.gz": b"1", "heap.2.pb.gz": b"2"}


def test_secrets_are_masked_and_counted(tmp_path: Path) -> None:
    target = Target("checkout", "a", "http://bot:hunter2@127.0.0.1:6060")
    bundle = Bundle(
        service="checkout",
        taken_at=NOON,
        targets=(target,),
        evidence=(
            evidence("service.log", b"password=hunter2\n" * 3, target, source="/logs/hunter2"),
            evidence("heap.pb.gz", b"tenant hunter2", target),
        ),
        failures=(CollectFailure(kind=Kind.METRICS, reason="500: no such token hunter2", target=target),),
        baseline=Bundle(service="checkout", taken_at=NOON, evidence=(evidence("gateway.log", b"hunter2"),)),
    )
    assert write_bundle(bundle, tmp_path / "saved", masking) == 5
    assert not any(b"hunter2" in path.read_bytes() for path in (tmp_path / "saved").rglob("*") if path.is_file())
    assert read_bundle(tmp_path / "saved").targets[0].url == "http://127.0.0.1:6060"


@pytest.mark.parametrize("content", ["notes.txt", "sub/heap.pb.gz"])
def test_a_directory_that_is_no_bundle_is_not_touched(tmp_path: Path, content: str) -> None:
    (tmp_path / content).parent.mkdir(exist_ok=True)
    (tmp_path / content).write_text("mine")
    with pytest.raises(UsageError, match="is not a bundle; name a new directory"):
        write_bundle(Bundle(service="checkout", taken_at=NOON), tmp_path, as_it_is)
    assert (tmp_path / content).read_text() == "mine"


def test_a_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is not a bundle"):
        write_bundle(Bundle(service="checkout", taken_at=NOON), tmp_path / "file", as_it_is)


def test_an_earlier_bundle_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    saved = tmp_path / "examples" / "fires"
    old = Bundle(service="checkout", taken_at=NOON, evidence=(evidence("heap.pb.gz"), evidence("service.log", sample=1)))
    write_bundle(old, saved, as_it_is)
    (saved / "expected.yaml").write_text("findings: []\n")
    (saved / "notes").mkdir()
    (saved / "notes" / "a.md").write_text("mine")
    write_bundle(Bundle(service="checkout", taken_at=NOON, evidence=(evidence("metrics.txt"),)), saved, as_it_is)
    assert sorted(path.name for path in saved.iterdir()) == ["expected.yaml", "meta.yaml", "metrics.txt", "notes"]
    assert (saved / "notes" / "a.md").read_text() == "mine"
    assert [path.name for path in saved.parent.iterdir()] == ["fires"]


def test_an_empty_directory_may_be_filled(tmp_path: Path) -> None:
    write_bundle(Bundle(service="checkout", taken_at=NOON), tmp_path, as_it_is)
    assert is_bundle(tmp_path)


def test_a_failed_write_leaves_the_earlier_bundle_and_nothing_else(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    write_bundle(Bundle(service="checkout", taken_at=NOON, evidence=(evidence("heap.pb.gz", b"old"),)), saved, as_it_is)
    gone = evidence("heap.pb.gz", content=tmp_path / "gone")
    with pytest.raises(UsageError, match="cannot write"):
        write_bundle(Bundle(service="checkout", taken_at=NOON, evidence=(gone,)), saved, as_it_is)
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]
    assert read_bundle(saved).evidence[0].read() == b"old"


def test_a_bundle_may_be_saved_over_itself(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    write_bundle(Bundle(service="checkout", taken_at=NOON, evidence=(evidence("heap.pb.gz", b"old"),)), saved, as_it_is)
    write_bundle(read_bundle(saved), saved, as_it_is)
    assert read_bundle(saved).evidence[0].read() == b"old"


def test_a_directory_without_evidence_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("x")
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError, match="holds no evidence"):
            read_bundle(path)


@pytest.mark.parametrize(
    "meta",
    [
        "[1, 2",
        "- a list",
        "taken_at: yesterday",
        "failures: [{kind: heap}]",
        "failures: [{kind: nothing, reason: x}]",
        "targets: [1]",
        "files: 3",
    ],
)
def test_a_wrong_meta_is_one_sentence(tmp_path: Path, meta: str) -> None:
    (tmp_path / "meta.yaml").write_text(meta)
    with pytest.raises(UsageError, match=r"meta\.yaml cannot be read \(.+\); correct it or remove it"):
        read_bundle(tmp_path)
