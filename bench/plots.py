"""Figures as bars in SVG, each with the span of its middle half. Pure: the same results give the same bytes."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pygal  # pyright: ignore[reportMissingTypeStubs]
from pygal.style import CleanStyle  # pyright: ignore[reportMissingTypeStubs]

from .case import Measure
from .figures import Figure
from .units import scaled

_SVG = "http://www.w3.org/2000/svg"
_ROW = 44
_EDGES = 130
"""Pixels."""


def bars(title: str, measure: Measure, figures: dict[str, Figure]) -> str:
    """One bar for each subject: the median, and a line from the first to the third quartile."""
    style = CleanStyle(font_family="sans-serif", label_font_size=12, title_font_size=15, major_label_font_size=12)
    chart: Any = pygal.HorizontalBar(
        style=style, show_legend=False, print_values=False,
        width=900, height=_EDGES + _ROW * len(figures), explicit_size=True,
        zero=0, range=(0, _longest(measure, figures)),
    )  # fmt: skip
    chart.title = f"{title}: {measure.title} ({scaled(0, measure.unit)[1]})"
    chart.x_labels = [name.replace("`", "") for name in reversed(figures)]
    chart.add(measure.title, [_bar(figure, measure) for figure in reversed(figures.values())])
    chart.uuid = "plot"  # else a random one
    return _still(chart.render_tree())


def _still(tree: Any) -> str:
    """A drawing alone: pygal adds comments, with the date, and scripts for charts that answer to the mouse."""
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(ElementTree.tostring(tree))  # reading drops the comments
    for parent in list(root.iter()):
        for script in parent.findall(f"{{{_SVG}}}script"):
            parent.remove(script)
    return f"{ElementTree.tostring(root, encoding='unicode')}\n"


def _bar(figure: Figure, measure: Measure) -> dict[str, Any]:
    median, low, high = (scaled(each, measure.unit)[0] for each in (figure.median, figure.lower, figure.upper))
    return {"value": round(median, 4), "ci": {"low": round(low, 4), "high": round(high, 4)}}


def _longest(measure: Measure, figures: dict[str, Figure]) -> float:
    return round(max(scaled(each.upper, measure.unit)[0] for each in figures.values()) * 1.05, 4)
