"""`make guards`: for each guard a run of the tests without it, which has to fail; the exit code tells of survivors."""

import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.guards.sites import ROOT, Site, chosen

ELSEWHERE = {
    "giving": ("grants", "invitations", "roles", "api_keys"),
    "grants": ("grants", "invitations", "invitation_answers"),
    "invitations": ("invitations", "invitation_answers"),
    "holdings": ("grants", "invitations", "roles", "api_keys"),
    "context": ("requirements", "numbers"),
    "registers": ("registers_safety",),
    "bulk_changes": ("bulk_plans",),
    "bulk_thresholds": ("bulk_steps",),
    "bulk_transitions": ("bulk_steps",),
    "bulk_trials": ("bulk_plans",),
    "surroundings": ("sims",),
}
"""Nouns whose tests stand under other names."""


def tests_of(site: Site) -> list[str]:
    """The tests of the guard's noun."""
    noun = Path(site.path).stem
    return [
        str(path.relative_to(ROOT))
        for each in ELSEWHERE.get(noun, (noun,))
        for room in ("tests/services", "tests/schema")
        if (path := ROOT / room / f"test_{each}.py").exists()
    ]


def run(tests: Iterable[str], *options: str, guard: Site | None = None) -> subprocess.CompletedProcess[str]:
    """The tests, without a guard if one is named."""
    deleted = {"GUARD": f"{guard.path}:{guard.line}:{guard.column}"} if guard else {}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, *tests],
        cwd=ROOT,
        env=os.environ | deleted,
        capture_output=True,
        text=True,
        check=False,
    )


def verdict(site: Site) -> str:
    """What came of the tests without this guard."""
    done = run(tests_of(site), "-x", "-p", "tests.guards.plugin", guard=site)
    if done.returncode == 0:
        return "SURVIVED"
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    if done.returncode == 1 and failed:
        return f"red: {failed[0].removeprefix('FAILED ').partition(' - ')[0]}"
    return f"BROKEN, exit code {done.returncode}: {(done.stdout + done.stderr).strip()[-300:]}"


def main() -> int:
    guards = list(chosen(sys.argv[1:]))
    whole = run(sorted({each for guard in guards for each in tests_of(guard)}))
    if whole.returncode != 0:
        print(whole.stdout + whole.stderr)
        print("with all guards in place the tests must be green first")
        return 2
    bad = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for site, told in zip(guards, pool.map(verdict, guards), strict=True):
            print(f"{site}\n    {told}", flush=True)
            bad += not told.startswith("red: ")
    print(f"{len(guards)} guards, {bad} of them could go unseen")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
