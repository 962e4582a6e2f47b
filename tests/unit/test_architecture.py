"""docs/architecture.md is a map: it leads to every service, and to no file that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAP = (ROOT / "docs/architecture.md").read_text("utf-8")


def test_every_service_is_on_the_map() -> None:
    _, _, table = MAP.partition("## Services (gateway/services)")
    named = re.findall(r"`(\w+)`", table.partition("## ")[0])

    assert sorted(named) == sorted(
        file.stem for file in (ROOT / "gateway/services").glob("*.py") if file.stem != "__init__"
    )


def test_the_map_leads_to_files_that_are_there() -> None:
    named = set(re.findall(r"\b(?:authz|deploy|docs|gateway|schema|tests)(?:/[\w.]+)+\.\w+", MAP))

    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
