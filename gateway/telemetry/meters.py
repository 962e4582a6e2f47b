"""Counters, histograms and gauges that cost a dictionary look-up, and what they say as Prometheus reads it.

Only the thread of the event loop may use them. Processes that serve one port leave what they counted in a folder, and
each of them answers for all; a client library that shares memory instead took ten times as long to count.
"""

import os
import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import orjson
import psutil

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FOLDER = "GATEWAY_METRICS_FOLDER"
"""The variable by which the processes of one `gateway serve` find the folder."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""The upper bounds of a histogram's buckets."""

Labels: TypeAlias = tuple[str, ...]
Values: TypeAlias = dict[Labels, list[float]]


class Meter:
    """What all meters share: `values` are a list of numbers for each combination of labels."""

    type = "counter"

    def __init__(self, name: str, description: str, *labels: str) -> None:
        self.name = name
        self.description = description
        self.labels = labels
        self.values: Values = {}

    def samples(self, values: Values) -> Iterator[tuple[str, str, float]]:
        """Suffix of the name, labels in braces, and number of each line."""
        for labels, (number,) in sorted(values.items()):
            yield "", self._braces(labels), number

    def _braces(self, labels: Labels, *more: tuple[str, str]) -> str:
        pairs = [f'{name}="{value}"' for name, value in (*zip(self.labels, labels, strict=True), *more)]
        return f"{{{','.join(pairs)}}}" if pairs else ""


class Counter(Meter):
    """How often something happened; its name ends with _total."""

    def add(self, *labels: str, by: float = 1) -> None:
        try:
            self.values[labels][0] += by
        except KeyError:
            self.values[labels] = [by]


class Gauge(Meter):
    """How much there is now, of all processes that live together."""

    type = "gauge"

    def set(self, number: float, *labels: str) -> None:
        self.values[labels] = [number]


class Histogram(Meter):
    """How long something took, seconds."""

    type = "histogram"

    def observe(self, seconds: float, *labels: str) -> None:
        try:
            cells = self.values[labels]
        except KeyError:
            cells = self.values[labels] = [0.0] * (len(SECONDS) + 2)
        cells[bisect_left(SECONDS, seconds)] += 1
        cells[-1] += seconds

    def samples(self, values: Values) -> Iterator[tuple[str, str, float]]:
        for labels, (*counts, total) in sorted(values.items()):
            running = 0.0
            for bound, count in zip((*map(str, SECONDS), "+Inf"), counts, strict=True):
                running += count
                yield "_bucket", self._braces(labels, ("le", bound)), running
            yield "_count", self._braces(labels), running
            yield "_sum", self._braces(labels), total


@contextmanager
def together() -> Iterator[None]:
    """Lets the processes that are started in the block answer for each other."""
    with tempfile.TemporaryDirectory(prefix="gateway-metrics-") as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


def leave(meters: Iterable[Meter]) -> None:
    """Leaves what this process has counted where the others find it; nothing when it serves alone."""
    folder = os.environ.get(_FOLDER)
    if folder is not None:
        file = Path(folder, f"{os.getpid()}.json")
        draft = file.with_suffix(".draft")
        draft.write_bytes(orjson.dumps({meter.name: list(meter.values.items()) for meter in meters}))
        draft.replace(file)


def exposition(meters: Iterable[Meter]) -> str:
    """The meters of this process, and of those that it serves one port with, in Prometheus' text form."""
    others = list(_others())
    lines: list[str] = []
    for meter in meters:
        values = {labels: list(numbers) for labels, numbers in meter.values.items()}
        for alive, left in others:
            if alive or not isinstance(meter, Gauge):
                _add(values, left.get(meter.name, ()))
        lines += [f"# HELP {meter.name} {meter.description}", f"# TYPE {meter.name} {meter.type}"]
        lines += [f"{meter.name}{suffix}{labels} {number}" for suffix, labels, number in meter.samples(values)]
    return "\n".join((*lines, ""))


def _others() -> Iterator[tuple[bool, dict[str, Any]]]:
    """What each other process left, and whether it lives: counters of the dead still count."""
    folder = os.environ.get(_FOLDER)
    if folder is not None:
        for file in Path(folder).glob("*.json"):
            if file.stem != str(os.getpid()):
                with suppress(FileNotFoundError):
                    yield psutil.pid_exists(int(file.stem)), orjson.loads(file.read_bytes())


def _add(values: Values, more: Iterable[tuple[list[str], list[float]]]) -> None:
    for labels, numbers in more:
        known = values.setdefault(tuple(labels), [0.0] * len(numbers))
        values[tuple(labels)] = [sum(pair) for pair in zip(known, numbers, strict=True)]
