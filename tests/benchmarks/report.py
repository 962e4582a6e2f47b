"""What a run leaves in docs/: benchmark.json, a page with tables, and a plot."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import orjson
import psutil

from tests.benchmarks.contest import WINDOWS, Score, Scores
from tests.benchmarks.data import COMPANIES, NUMBERS
from tests.benchmarks.growth import SIZES, Holds, Size
from tests.benchmarks.load import CONNECTIONS
from tests.benchmarks.plot import number, plot
from tests.benchmarks.questions import Question
from tests.benchmarks.servers import PEERS, POOL

_OWN = "gateway"
_DOCS = Path("docs")
_COLUMNS = (
    *("server", "requests a second", "lowest–highest", "of the best peer"),
    *("p50, ms", "p99, ms", "server CPU, ms", "database CPU, ms", "MB"),
)
_PAGE = Path(__file__).parent / "page.md"


@dataclass(frozen=True)
class Run:
    """All that a run has measured."""

    questions: Sequence[Question]
    seconds: float
    postgresql: str
    scores: Scores
    sizes: Sequence[Size]
    holds: Holds


def write(run: Run) -> None:
    """Writes the three files."""
    medians = {
        question: {server: score.median() for server, score in of_question.items()}
        for question, of_question in run.scores.items()
    }
    rounded = {
        question: {server: {name: round(value, 3) for name, value in values.items()} for server, values in of.items()}
        for question, of in medians.items()
    }
    about = {question.name: question.about for question in run.questions}
    (_DOCS / "benchmark.json").write_bytes(
        orjson.dumps(rounded, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    )
    (_DOCS / "benchmark.svg").write_text(plot(medians, about, _OWN), encoding="utf-8")
    (_DOCS / "benchmark.md").write_text(_page(run), encoding="utf-8")


def _page(run: Run) -> str:
    pinned = orjson.loads((PEERS / "package.json").read_bytes())
    packages = pinned["dependencies"]
    return _PAGE.read_text(encoding="utf-8").format(
        questions="\n".join(_question(question, run.scores[question.name]) for question in run.questions),
        date=datetime.now(UTC).date(),
        cpu=processor(),
        cores=psutil.cpu_count(),
        postgresql=run.postgresql,
        seconds=run.seconds,
        windows=WINDOWS,
        connections=CONNECTIONS,
        numbers=NUMBERS,
        companies=COMPANIES,
        gateway=f"on Python {platform.python_version()}",
        node=f"Node {max(pinned['optionalDependencies'].values())}",
        mercurius=packages["mercurius"],
        postgraphile=packages["postgraphile"],
        yoga=packages["graphql-yoga"],
        strawberry=version("strawberry-graphql"),
        pool=POOL,
        growth=_growth(run.sizes),
        largest=SIZES[-1],
        median=run.holds.median_ms,
        longest=run.holds.longest_ms,
    )


def _question(question: Question, scores: dict[str, Score]) -> str:
    best = max(score.median()["rps"] for server, score in scores.items() if server != _OWN)
    lines = [
        f"## {question.name}: {question.about}",
        f"| {' | '.join(_COLUMNS)} |",
        f"|---{'|--:' * (len(_COLUMNS) - 1)}|",
    ]
    for server, score in scores.items():
        values = score.median()
        windows = [window.rps for window in score.windows]
        cells = (
            f"**{server}**" if server == _OWN else server,
            number(values["rps"]),
            f"{number(min(windows))}–{number(max(windows))}",
            f"{values['rps'] / best:.2f} ×",
            *(number(values[name]) for name in ("p50_ms", "p99_ms", "server_cpu_ms", "database_cpu_ms", "rss_mb")),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _growth(sizes: Sequence[Size]) -> str:
    lines = [
        "| rows | fields | server CPU, ms | a row, µs | a field, µs | database CPU, ms |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for size in sizes:
        costs = (size.cpu_ms, size.row_us, size.field_us, size.database_cpu_ms)
        lines.append(f"| {size.rows:,} | {size.fields:,} | {' | '.join(map(number, costs))} |")
    return "\n".join([*lines, ""])


def processor() -> str:
    """The processor's name where the system tells it, else its architecture."""
    file = Path("/proc/cpuinfo")
    names = [line for line in file.read_text().splitlines() if line.startswith("model name")] if file.exists() else []
    return names[0].partition(": ")[2] if names else platform.machine()
