"""Meters: what they say is what Prometheus' own parser reads, over one process or several."""

import os
from collections.abc import Iterator

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.telemetry import meters
from gateway.telemetry.meters import SECONDS, Counter, Gauge, Histogram, Meter
from gateway.telemetry.metrics import METERS

NOBODY = 2**22 + 1
"""No process has this id: it is above the largest that Linux gives."""


@pytest.fixture
def together() -> Iterator[None]:
    with meters.together():
        yield


def read(*measured: Meter) -> dict[str, float]:
    """Each sample by its name and labels, as Prometheus reads them."""
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(meters.exposition(measured))
        for sample in family.samples
    }


def left_by(pid: int, *measured: Meter) -> None:
    """As if another process had counted that."""
    meters.leave(measured)
    folder = os.environ["GATEWAY_METRICS_FOLDER"]
    os.rename(f"{folder}/{os.getpid()}.json", f"{folder}/{pid}.json")


def test_a_counter_counts_by_its_labels() -> None:
    counter = Counter("events_total", "Events.", "kind", "outcome")
    counter.add("query", "ok")
    counter.add("query", "ok", by=2)
    counter.add("mutation", "ok")

    assert read(counter) == {
        "events_total[('kind', 'mutation'), ('outcome', 'ok')]": 1,
        "events_total[('kind', 'query'), ('outcome', 'ok')]": 3,
    }


def test_a_histogram_counts_what_is_not_above_a_bound() -> None:
    histogram = Histogram("work_seconds", "Work.")
    for seconds in (0.0005, 0.001, 0.0011, 31):
        histogram.observe(seconds)

    samples = read(histogram)
    assert [samples[f"work_seconds_bucket[('le', '{bound}')]"] for bound in (*SECONDS[:3], SECONDS[-1], "+Inf")] == [
        *(2, 3, 3, 3, 4)
    ]
    assert samples["work_seconds_count[]"] == 4
    assert samples["work_seconds_sum[]"] == pytest.approx(31.0026)


@pytest.mark.usefixtures("together")
def test_processes_answer_for_each_other_and_the_dead_have_no_connections() -> None:
    counter, gauge, histogram = Counter("a_total", "A."), Gauge("b", "B."), Histogram("c_seconds", "C.")
    everything = counter, gauge, histogram
    for pid in (os.getppid(), NOBODY):
        counter.add(by=10)
        gauge.set(5)
        histogram.observe(0.5)
        left_by(pid, *everything)  # 10, then 20

    counter.add()
    gauge.set(1)

    samples = read(*everything)
    assert samples["a_total[]"] == 10 + 20 + 21
    assert samples["b[]"] == 5 + 1
    assert samples["c_seconds_count[]"] == 1 + 2 + 2
    assert samples["c_seconds_bucket[('le', '0.5')]"] == 5


@pytest.mark.usefixtures("together")
def test_what_a_process_left_is_not_counted_with_what_it_counts() -> None:
    counter = Counter("a_total", "A.")
    counter.add()
    meters.leave((counter,))
    counter.add()

    assert read(counter) == {"a_total[]": 2}
    folder = os.environ["GATEWAY_METRICS_FOLDER"]
    with open(f"{folder}/{os.getpid()}.json", "rb") as file:
        assert orjson.loads(file.read()) == {"a_total": [[[], [1]]]}


def test_names_of_metrics_are_in_prometheus_form() -> None:
    families = {family.name: family for family in text_string_to_metric_families(meters.exposition(METERS))}

    assert {name.removesuffix("_total") for name in (meter.name for meter in METERS)} == set(families)
    assert all(family.documentation for family in families.values())
    assert all(meter.name.endswith("_total") == isinstance(meter, Counter) for meter in METERS)
