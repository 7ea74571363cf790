from __future__ import annotations

from snapshots import frames, parsed, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.profiles import Profile, ProfileSample


def test_delays_by_the_line_that_held_the_lock() -> None:
    post = frames("sync.(*Mutex).Unlock", "example.com/shop.(*Book).Post b.go:40")
    samples = (ProfileSample(post, (30, 3_000_000_000)), ProfileSample(frames("main.run m.go:1"), (1, 1_000_000_000)))
    profile = Profile(value_types=(("contentions", "count"), ("delay", "nanoseconds")), samples=samples)
    readings = [parsed("mutex.pb.gz", profile), parsed("mutex.pb.gz", profile, sample=1)]
    rows = derive(snapshot(*readings), benign=shared_benign()).contention_sites
    assert [(row.function, row.line, row.delay_seconds, row.contentions, row.delay_ratio, row.profile) for row in rows] == [
        ("example.com/shop.(*Book).Post", 40, 3.0, 30, 0.75, "mutex"),
        ("main.run", 1, 1.0, 1, 0.25, "mutex"),
    ]
