"""Measures variants side by side in interleaved rounds, so that other load affects all of them equally."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from statistics import median

Figures = dict[str, list[float]]


def interleave(variants: Mapping[str, Callable[[], float]], rounds: int) -> Figures:
    """Measures each variant once per round. Each round starts with a different one."""
    names = list(variants)
    figures: Figures = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            figures[name].append(variants[name]())
    return figures


def ratios(figures: Figures, name: str, baseline: str) -> list[float]:
    """For each round, the figure divided by the baseline's figure of the same round."""
    return [figure / base for figure, base in zip(figures[name], figures[baseline], strict=True)]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """`1.02 (0.98-1.07)`: median, smallest and largest."""
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{middle} ({low}-{high})"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
