"""A page about a model: scores, plots, and the errors worth reading. The only file that imports matplotlib."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import UsageError

Points = Sequence[tuple[float, float]]
_COLOURS = {"mistake": "#b3261e", "ignored": "#7b4fa3"}
_LABELS = ("mistake", "ignored")
_FIGURES = (
    ("AP", "average_precision"), ("precision", "precision"), ("recall", "recall"), ("F1", "f1"),
    ("recall at 0.9", "recall_at_90"), ("Brier", "brier"), ("ECE", "ece"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plots:
    """Points by label. `reliability`: (mean chance, share that was true, how many) a bin."""

    precision_recall: dict[str, Points]
    reliability: dict[str, Sequence[tuple[float, float, int]]]
    learning: dict[str, Points]


def page(title: str, sets: Sequence[dict[str, Any]], plots: Plots) -> str:
    """One HTML file that needs nothing else. Raises UsageError where matplotlib is missing."""
    figures = [
        _figure("Precision and recall", _lines(plots.precision_recall, "recall", "precision")),
        _figure("Is it as sure as it should be?", _calibration(plots.reliability)),
        _figure("What more examples bring", _lines(plots.learning, "examples", "average precision", marks=True)),
    ]
    first = sets[0]
    facts = (
        f"{first['size']} texts · prior {first['prior']:.2f} · unsure {first['unsure']:.1%} · "
        f"{first['texts_per_second']} texts a second"
    )
    parts = [
        f"<h1>{_safe(title)}</h1><p class=facts>{facts}</p>", _headline(first),
        f"<div class=plots>{''.join(figures)}</div>",
        "<h2>Scores</h2>", _table(sets), _note(), "<h2>Where it was most surely wrong</h2>", _errors(first["worst"]),
    ]  # fmt: skip
    return f"<!doctype html><html lang=en><meta charset=utf-8><title>{_safe(title)}</title>{_STYLE}{''.join(parts)}"


def _safe(text: object) -> str:
    return html.escape(str(text))


def _headline(row: dict[str, Any]) -> str:
    tiles = []
    for label in _LABELS:
        told = row[label]
        low, high = told["average_precision_interval"]
        tiles.append(
            f"<div class='tile {label}'><h2>{label}</h2><b>{told['average_precision']:.3f}</b> average precision "
            f"<span>({low:.3f} to {high:.3f})</span><br><b>{told['f1']:.3f}</b> F1 "
            f"<span>({told['f1_interval'][0]:.3f} to {told['f1_interval'][1]:.3f})</span>{_confusion(told)}</div>"
        )
    return f"<div class=tiles>{''.join(tiles)}</div>"


def _confusion(told: dict[str, Any]) -> str:
    hits, alarms, missed, quiet = told["confusion"]
    return (
        f"<table class=confusion><tr><td><th>said so<th>did not<tr><th>true<td>{hits}<td class=bad>{missed}"
        f"<tr><th>not true<td class=bad>{alarms}<td>{quiet}</table>"
    )


def _table(sets: Sequence[dict[str, Any]]) -> str:
    heads = "".join(f"<th>{name}" for name, _key in _FIGURES)
    rows = []
    for row in sets:
        for label in _LABELS:
            told = row[label]
            cells = "".join(f"<td>{told[key]:.3f}" if told["positives"] else "<td>–" for _name, key in _FIGURES)
            rows.append(
                f"<tr class={label}><th>{_safe(row['set'])}<td>{row['size']}<td class=label>{label}"
                f"<td>{row[label]['positives']}{cells}"
            )
    return f"<table class=scores><thead><tr><th>set<th>texts<th>label<th>positives{heads}<tbody>{''.join(rows)}</table>"


def _note() -> str:
    return (
        "<p class=note>AP: average precision. Precision holds at the prior that was stated, else on the set as it is. "
        "Recall at 0.9: the share found while nine of ten alarms are right. ECE: mean gap between what was said and "
        "what was true, over ten bins. Intervals: 95 %, cluster bootstrap by scenario or thread.</p>"
    )


def _errors(errors: Sequence[dict[str, Any]]) -> str:
    if not errors:
        return "<p>Nowhere.</p>"
    told = []
    for error in errors:
        kind = "missed" if error["true"] else "false alarm"
        clues = " ".join(
            f"<span class={'for' if weight > 0 else 'against'}>{_safe(text)} {weight:+.2f}</span>"
            for text, weight in error["clues"]
        )
        told.append(
            f"<li><b>{error['label']}, {kind}</b> at {error['chance']:.0%} <i>{_safe(error['source'])}</i>"
            f"<blockquote>{_safe(error['text'])}</blockquote><p class=clues>{clues}</p>"
        )
    return f"<ul class=errors>{''.join(told)}</ul>"


# plots


def _figure(title: str, drawing: str) -> str:
    return f"<figure><figcaption>{title}</figcaption>{drawing}</figure>"


def _axes() -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        advice = "pip install 'amends[report]'"
        raise UsageError("The page needs matplotlib, which is not installed.", advice=advice) from None
    axes = Figure(figsize=(4.6, 3.6), layout="constrained").add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e6e1d8", linewidth=0.8)
    axes.set_axisbelow(True)
    return axes


def _svg(axes: Any) -> str:
    import matplotlib as mpl

    out = io.StringIO()
    # letters stay letters: the page's own font, small, and readable for a screen reader
    with mpl.rc_context({"svg.fonttype": "none", "font.family": "sans-serif", "svg.hashsalt": "amends"}):
        axes.figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    return out.getvalue().partition("<svg")[1] + out.getvalue().partition("<svg")[2]


def _lines(series: dict[str, Points], across: str, up: str, *, marks: bool = False) -> str:
    axes = _axes()
    for label, points in series.items():
        axes.plot(
            *zip(*points, strict=True), color=_COLOURS[label], label=label, marker="o" if marks else None
        ) if points else None
    axes.set(xlabel=across, ylabel=up, ylim=(0, 1.02))
    axes.set_xlim(left=0)
    _legend(axes)
    return _svg(axes)


def _calibration(series: dict[str, Sequence[tuple[float, float, int]]]) -> str:
    axes = _axes()
    axes.plot([0, 1], [0, 1], color="#999", linewidth=1, linestyle="--")
    for label, bins in series.items():
        if bins:
            said, true, count = zip(*bins, strict=True)
            axes.plot(said, true, color=_COLOURS[label], label=label, linewidth=1.2)
            most = max(count)
            axes.scatter(said, true, s=[12 + 90 * n / most for n in count], color=_COLOURS[label])
    axes.set(xlabel="chance that the model named", ylabel="share that was true", xlim=(0, 1), ylim=(0, 1.02))
    _legend(axes)
    return _svg(axes)


def _legend(axes: Any) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)


_STYLE = """<meta name=viewport content="width=device-width"><style>
body { font: 16px/1.5 system-ui, sans-serif; color: #26221c; background: #faf8f4; max-width: 1080px;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem }
.facts, .note, .tile span { color: #6b6459 }
.note { font-size: .85rem }
.tiles, .plots { display: flex; flex-wrap: wrap; gap: 1rem }
.tile, figure, .errors li { background: #fff; border: 1px solid #e6e1d8; border-radius: 8px; padding: 1rem; margin: 0 }
.tile, figure { flex: 1 1 300px }
.tile h2 { margin: 0 0 .4rem }
.tile b { font-size: 1.5rem }
.tile.mistake h2, tr.mistake .label, .bad { color: #b3261e }
.tile.ignored h2, tr.ignored .label { color: #7b4fa3 }
figcaption { font-weight: 600 }
figure svg { width: 100%; height: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th { font-weight: 600; text-align: left }
td { text-align: right }
td, th { padding: .2rem .7rem; border-bottom: 1px solid #eee8dd }
td.label { text-align: left }
.confusion { margin-top: .8rem; font-size: .85rem }
.scores th:not(:first-child):not(:nth-child(3)) { text-align: right }
.scores { width: 100%; background: #fff; font-size: .9rem }
.errors { list-style: none; padding: 0 }
.errors li { margin: .6rem 0 }
blockquote { margin: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere }
.clues span { display: inline-block; border-radius: 4px; padding: 0 .4rem; margin: .1rem; font-size: .8rem }
.for { background: #fbe9e7; color: #8c1d18 }
.against { background: #e8f0e9; color: #275d33 }
</style>"""
