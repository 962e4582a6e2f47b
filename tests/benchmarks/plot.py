"""The plot of the scores: a row of bar charts for each question, readable on light and dark pages."""

from collections.abc import Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape

Medians = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By question, server and measure."""

_NAMES, _CHART, _BAR, _GAP, _HEAD, _TITLE = 96, 150, 15, 22, 46, 24  # pixels
_VALUE = 52  # pixels for the number beside the longest bar
_STYLE = """
text { font: 11px system-ui, sans-serif; fill: #24292f; }
.head { font-weight: 600; font-size: 12px; } .soft { fill: #6e7781; } .value { font-size: 10px; }
.other { fill: #b6bec8; } .own { fill: #2f6fde; } .database { opacity: 0.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .soft { fill: #9198a1; } .other { fill: #59636e; } .own { fill: #4c8dff; }
}
"""


class _Measure(NamedTuple):
    """A column of charts; the bars are the sums of these values."""

    title: str
    better: str
    values: tuple[str, ...]


_MEASURES = (
    _Measure("requests a second", "more is better", ("rps",)),
    _Measure("p50, ms", "less is better", ("p50_ms",)),
    _Measure("p99, ms", "less is better", ("p99_ms",)),
    _Measure("CPU a request, ms", "server, pale: database", ("server_cpu_ms", "database_cpu_ms")),
    _Measure("memory, MB", "less is better", ("rss_mb",)),
)


def plot(medians: Medians, about: Mapping[str, str], own: str) -> str:
    """An SVG of all medians; the bars of the server `own` stand out."""
    width = _NAMES + _CHART * len(_MEASURES)
    parts = []
    for column, measure in enumerate(_MEASURES):
        x = _NAMES + column * _CHART
        parts += [_text(x, 16, measure.title, "head"), _text(x, 31, measure.better, "soft")]
    y = _HEAD
    for question, servers in medians.items():
        parts.append(_text(0, y + 12, f"{question}: {about[question]}", "head"))
        y += _TITLE
        for row, name in enumerate(servers):
            parts.append(_text(0, y + row * _BAR + 10, name, "head" if name == own else ""))
        for column, measure in enumerate(_MEASURES):
            parts += _chart(_NAMES + column * _CHART, y, measure, servers, own)
        y += _BAR * len(servers) + _GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" height="{y}" role="img">'
    return "\n".join(
        [head, "<title>The gateway and its peers</title>", f"<style>{_STYLE}</style>", *parts, "</svg>", ""]
    )


def _chart(x: int, y: int, measure: _Measure, servers: Mapping[str, Mapping[str, float]], own: str) -> list[str]:
    scale = (_CHART - _VALUE) / max(sum(values[each] for each in measure.values) for values in servers.values())
    parts = []
    for row, (name, values) in enumerate(servers.items()):
        top, right = y + row * _BAR, float(x)
        for index, each in enumerate(measure.values):
            length = values[each] * scale
            style = ("own" if name == own else "other") + (" database" if index else "")
            parts.append(f'<rect class="{style}" x="{right:.1f}" y="{top}" width="{length:.1f}" height="{_BAR - 4}"/>')
            right += length
        parts.append(_text(right + 4, top + 9, number(sum(values[each] for each in measure.values)), "value"))
    return parts


def number(value: float) -> str:
    """A number with three significant digits: 0.123, 12.3, 1,234."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" class="{style}">{escape(text)}</text>'
