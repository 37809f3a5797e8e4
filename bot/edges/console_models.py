"""The terminal: scores, model cards and the review list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import HORIZONTALS
from rich.console import Group
from rich.table import Table
from rich.text import Text

from bot.domain.verdict import Label
from bot.edges.console import show
from bot.text.mrkdwn import one_line

_TEXT = 200


def scores(rows: Sequence[dict[str, Any]]) -> None:
    """Scorecards as a table, what holds for the whole set below, then where the model was most surely wrong."""
    table = Table(box=HORIZONTALS, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("set", overflow="ellipsis", no_wrap=True)
    table.add_column("texts", justify="right", no_wrap=True)
    table.add_column("label", no_wrap=True)
    for name in ("true", *_FIGURES):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        for label in Label:
            told = row[label.value]
            figures = [f"{told[key]:.3f}" if told["positives"] else "–" for key in _FIGURES.values()]
            table.add_row(
                Text(one_line(row["set"], 40)), str(row["size"]), label.value, str(told["positives"]), *figures
            )
    show(table)
    first = rows[0]
    share = f"prior (share of mistakes) {first['prior']:.2f}; unsure {first['unsure']:.1%}"
    speed = f"{first['texts_per_second']} texts/s"
    show(Text(f"{share}; {speed}. R@.9: recall while nine of ten alerts are right.", style="dim"))
    for label in Label:
        show(_whole(label.value, first[label.value]))
    show(Group(*(_error(error) for error in first["worst"])))


_FIGURES = {
    "AP": "average_precision", "F1": "f1", "prec.": "precision", "recall": "recall", "R@.9": "recall_at_90",
    "ECE": "ece",
}  # fmt: skip


def _whole(label: str, told: dict[str, Any]) -> Text:
    hits, alarms, missed, quiet = told["confusion"]
    counts = f"{hits} found, {missed} missed, {alarms} false alarms, {quiet} rightly left alone"
    sure = f"AP {_interval(told['average_precision_interval'])}, F1 {_interval(told['f1_interval'])} (95 %)"
    return Text(f"{label}: {counts}; {sure}; Brier {told['brier']:.3f}")


def _interval(bounds: Sequence[float]) -> str:
    return f"{bounds[0]:.2f} to {bounds[1]:.2f}"


def _error(error: dict[str, Any]) -> Text:
    kind = "missed" if error["true"] else "false alarm"
    told = Text(
        f"\n{error['label']}, {kind} at {error['chance']:.0%} ({one_line(error['source'], 40)}): ", style="bold"
    )
    told.append(one_line(error["text"], _TEXT), style="not bold")
    clues = " · ".join(f"{one_line(text, 40)} {weight:+.2f}" for text, weight in error["clues"][:4])
    told.append(f"\n  {clues}", style="not bold dim")
    return told


def retrained(told: dict[str, Any]) -> None:
    """Champion and challenger side by side, and what came of it."""
    if told["comparisons"]:
        table = Table(box=HORIZONTALS, header_style="bold", pad_edge=False)
        for name in ("channel", "label", "texts", "champion AP", "challenger AP", "at worst", "won", "lost", "p"):
            table.add_column(name, justify="left" if name in ("channel", "label") else "right")
        for one in told["comparisons"]:
            table.add_row(
                Text(one_line(one["name"], 30)), one["label"], str(one["size"]), f"{one['champion']:.3f}",
                f"{one['challenger']:.3f}", f"{one['lowest']:+.3f}", str(one["won"]), str(one["lost"]),
                f"{one['p_value']:.3f}",
            )  # fmt: skip
        show(table)
    learnt = f"learnt from {told['examples']} examples, {told['corrections']} of them your corrections"
    show(Text("\n".join([*told["reasons"], learnt, _end(told)])))


def _end(told: dict[str, Any]) -> str:
    if told["dry_run"]:
        return f"A dry run: nothing was kept. The gate would {'let it pass' if told['passed'] else 'refuse it'}."
    if told["champion"]:
        return f"Model {told['id']} is champion now. `amends models rollback` goes back."
    return f"Model {told['id']} was not taken: it may be worse than the champion, which stays."


def models(found: Sequence[dict[str, Any]]) -> None:
    """The models there are; the champion is marked."""
    table = Table(box=HORIZONTALS, header_style="bold", pad_edge=False)
    for name in ("", "model", "trained", "examples", "corrected", "mistake", "ignored"):
        table.add_column(name, justify="left" if name in ("", "model", "trained") else "right", no_wrap=True)
    for one in found:
        table.add_row(
            "champion" if one["champion"] else "", one["id"], str(one["trained_at"] or "–")[:16].replace("T", " "),
            str(one["examples"]), str(one["corrections"]), f"{one['mistake']:.3f}", f"{one['ignored']:.3f}",
        )  # fmt: skip
    show(table)
    show(Text("mistake and ignored: average precision on what is held back for ever", style="dim"))


def model_card(card: dict[str, Any]) -> None:
    """A card, its nested parts as indented lines."""
    show(Text("\n".join(_lines(card, ""))))


def _lines(value: dict[str, Any], indent: str) -> list[str]:
    told = []
    for key, part in value.items():
        if isinstance(part, dict):
            told += [f"{indent}{key}:", *_lines(part, indent + "  ")]
        elif isinstance(part, list) and part and isinstance(part[0], dict):
            told += [f"{indent}{key}:", *(f"{indent}  {', '.join(f'{k} {v}' for k, v in one.items())}" for one in part)]
        else:
            told.append(f"{indent}{key}: {part if not isinstance(part, list) else ', '.join(map(str, part))}")
    return told


def reviews(found: Sequence[dict[str, Any]], zone: ZoneInfo) -> None:
    """What people should look at."""
    if not found:
        show(Text("Nothing waits for a review."))
        return
    table = Table(box=HORIZONTALS, header_style="bold", pad_edge=False)
    for name in ("number", "why", "mistake", "ignored", "received", "customer", "text"):
        table.add_column(name, justify="right" if name in ("number", "mistake", "ignored") else "left", overflow="fold")
    for one in found:
        received = datetime.fromisoformat(one["received_at"]).astimezone(zone).strftime("%a %d %b %H:%M")
        words = f"{one['subject']}: {one['text']}" if one["subject"] else one["text"]
        table.add_row(
            str(one["id"]), one["why"], f"{one['mistake']:.0%}", f"{one['ignored']:.0%}", received,
            Text(one_line(one["customer"], 30)), Text(one_line(words, _TEXT)),
        )  # fmt: skip
    show(table)
    show(Text("Answer each with: amends review NUMBER mistake|ignored|neither --by YOU", style="dim"))


def review_answered(told: dict[str, Any]) -> None:
    """What an answer led to."""
    show(Text(f"{told['said']} `amends retrain` learns from it."))
