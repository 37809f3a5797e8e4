"""The terminal: alerts as cards, cases as tables. The only file that imports rich."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from rich.box import HORIZONTALS, ROUNDED
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.domain.alert import Alert, AlertKey, CaseId, Deed, Notice, Reason
from bot.domain.hours import spell
from bot.domain.verdict import Label, Verdict
from bot.edges.wording import SEVERITY, addressed, clue_words, headline, loud_clues, spans, title, why
from bot.service.ports import Ref
from bot.text.mrkdwn import one_line, plain

_COLOURS = {
    Reason.MISTAKE: "red", Reason.IGNORED: "magenta", Reason.STAFF_REPORT: "yellow", Reason.UNANSWERED: "blue",
    Reason.EXHAUSTED: "bold red", Reason.FIRST_RESPONSE_OVERDUE: "red", Reason.NOBODY_TO_TELL: "bold red",
}  # fmt: skip
_WIDEST = 100
_WORDS = 600


class ConsoleChannel:
    """Prints alerts. It cannot look back, so after a crash an alert may be printed a second time."""

    def __init__(self, zone: ZoneInfo, file: TextIO | None = None) -> None:
        """Moments are shown in `zone`."""
        self._console = _console(file)
        self._zone = zone
        self._printed = 0
        self._told: dict[CaseId, Deed] = {}  # what was said last of each case

    def post(self, alert: Alert | Notice, root: Ref | None, *, plainly: bool = False) -> Ref:  # noqa: ARG002
        """A card for what opens a case, a line or two for the rest."""
        if isinstance(alert, Notice):
            self._console.print(_notice(alert, self._console.width))
        else:
            self._console.print(self._card(alert) if root is None and alert.reason.opens else self._line(alert))
        self._printed += 1
        return Ref(f"console:{self._printed}")

    def find(self, key: AlertKey, root: Ref | None, since: datetime, *, to: str = "") -> list[Ref]:  # noqa: ARG002
        """Nobody knows what was seen on a terminal; saying it again is the lesser harm."""
        return []

    def redraw(self, ref: Ref, alert: Alert, *, plainly: bool = False) -> None:  # noqa: ARG002
        """A line that says what somebody did; what stands on a terminal cannot be drawn again."""
        if not alert.deeds or self._told.get(alert.case) == alert.deeds[-1]:
            return
        self._told[alert.case] = alert.deeds[-1]
        self._console.print(self._deed(alert, alert.deeds[-1]))

    def delete(self, ref: Ref) -> None:
        """Nothing on a terminal can be taken back."""

    def _deed(self, alert: Alert, deed: Deed) -> RenderableType:
        line = Text(f"  ↳ {self._at(deed.at)} ", style="dim")
        line.append(f"{one_line(deed.who, 40)}: {deed.what.replace('_', ' ')}", style="not dim green")
        note = f" ({one_line(deed.note, 80)})" if deed.note else ""
        line.append(f"{note} · case {alert.case}, {one_line(alert.customer, 40)}")
        return line

    def _card(self, alert: Alert) -> RenderableType:
        colour = _COLOURS.get(alert.reason, "cyan")
        facts = Text(f"{_labels(alert)} · {SEVERITY[alert.severity]}", style="bold")
        facts.append(f" · waiting since {self._at(alert.waiting_since)}", style="not bold")
        if alert.messages > 1:
            facts.append(f" · {alert.messages} messages", style="not bold")
        if alert.answer_due_at is not None:
            facts.append(f" · first answer due {self._at(alert.answer_due_at)}", style="not bold")
        body = [facts, _quote(alert), _clues(alert), Text(why(alert), style="dim italic")]
        return Panel(
            Group(*(part for part in body if part is not None)), title=f"[bold]{escape(headline(alert))}",
            title_align="left", subtitle=f"{self._at(alert.at)} · case {alert.case}", subtitle_align="right",
            border_style=colour, box=ROUNDED, width=min(self._console.width, _WIDEST), padding=(0, 1),
        )  # fmt: skip

    def _line(self, alert: Alert) -> RenderableType:
        line = Text(f"  ↳ {self._at(alert.at)} ", style="dim")
        line.append(f"{title(alert)} ", style=_COLOURS.get(alert.reason, "not dim yellow"))
        line.append(f"→ {addressed(alert)}", style="not dim bold")
        line.append(f" · case {alert.case}, {one_line(alert.customer, 40)}", style="not dim")
        late = f", late by {spell(alert.late_by)}" if alert.late_by else ""
        line.append(f" · waiting since {self._at(alert.waiting_since)}{late}")
        if alert.reason is Reason.WROTE_AGAIN:
            return Group(line, Text(f"    “{one_line(alert.words, 160)}”", style="italic"))
        return line

    def _at(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%a %d %b %H:%M")


def _notice(told: Notice, width: int) -> RenderableType:
    lines = [Text(one_line(line, 300)) for line in told.lines]
    advice = [Text(told.advice, style="bold")] if told.advice else []
    body = [*lines, *advice, Text(told.topic.sentence, style="dim italic")]
    return Panel(
        Group(*body), title=f"[bold]{escape(told.title)}", title_align="left", border_style="cyan", box=ROUNDED,
        width=min(width, _WIDEST), padding=(0, 1),
    )  # fmt: skip


def _console(file: TextIO | None = None) -> Console:
    return Console(file=file, highlight=False, soft_wrap=False, emoji=False)


def _labels(alert: Alert) -> str:
    return " + ".join(label.value for label in Label if label in alert.labels)


def _quote(alert: Alert) -> Text:
    quote = Text()
    for piece, clue in spans(plain(alert.words, _WORDS), clue_words(alert)):
        quote.append(piece, style="bold underline" if clue else "")
    return quote


def _clues(alert: Alert) -> Text | None:
    """The three clues that spoke loudest for it."""
    told = [one_line(clue, 50) for clue in loud_clues(alert)[:3]]
    return Text(f"clues: {' · '.join(told)}", style="cyan") if told else None


def verdict(judged: Verdict) -> None:
    """A verdict as people read it."""
    names = [label.value for label in Label if label in judged.labels]
    head = Text(" and ".join(names) or ("unsure" if judged.unsure else "no complaint"), style="bold")
    if names:
        head.append(f", {SEVERITY[judged.severity]}", style="not bold")
    if judged.unsure and names:
        head.append(" (not sure of the rest)", style="not bold yellow")
    head.append(f"   mistake {judged.mistake:.0%} · ignored {judged.ignored:.0%}", style="not bold dim")
    clues = [Text(f"  {c.label.value:8} {c.weight:+.2f}  {one_line(c.text, 70)}", style="dim") for c in judged.clues]
    show(Group(head, *clues))


def show(renderable: RenderableType) -> None:
    """Print something that rich can print."""
    _console().print(renderable)


def cases_table(cases: Sequence[dict[str, Any]], zone: ZoneInfo) -> RenderableType:
    """The list of cases."""
    table = Table(box=HORIZONTALS, header_style="bold", pad_edge=False)
    for name in ("case", "state", "what", "customer", "opened", "next due", "messages"):
        table.add_column(name, justify="right" if name in ("case", "messages") else "left", overflow="fold")
    for case in cases:
        due = _when(case["next_due_at"], zone)
        what = f"{' + '.join(case['labels'])} ({case['reason'].replace('_', ' ')})"
        table.add_row(
            str(case["id"]), case["state"] + (" (exhausted)" if case["exhausted"] else ""), what,
            Text(one_line(case["customer"], 40)), _when(case["opened_at"], zone), due, str(case["messages"]),
        )  # fmt: skip
    return table


def case_story(case: dict[str, Any], zone: ZoneInfo) -> RenderableType:
    """One case: its facts, its thread, its log."""
    head = Text(f"Case {case['id']} · {case['state']} · {' + '.join(case['labels'])}", style="bold")
    taken = f"; taken by {one_line(case['claimed_by'], 30)}" if case["claimed_by"] else ""
    facts = Text(
        f"{one_line(case['customer'], 60)}, waiting since {_when(case['waiting_since'], zone)}; "
        f"next due {_when(case['next_due_at'], zone)}{taken}"
    )
    parts: list[RenderableType] = [head, facts]
    for message in case["thread"]:
        who = f"{_when(message['at'], zone)} · {one_line(message['from'], 60)} · {one_line(message['subject'], 80)}"
        parts.append(Panel(Text(plain(message["text"], 2000)), title=escape(who), title_align="left", box=ROUNDED,
                           width=_WIDEST))  # fmt: skip
    log = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("when", "who", "what", "state", "note"):
        log.add_column(name)
    for entry in case["log"]:
        log.add_row(_when(entry["at"], zone), Text(one_line(entry["who"], 30)), entry["what"], entry["to"],
                    Text(one_line(entry["note"], 60)))  # fmt: skip
    return Group(*parts, log)


def _when(moment: str | None, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(moment).astimezone(zone).strftime("%a %d %b %H:%M") if moment else "–"


_SUMMARY = (
    ("messages read", "messages"), ("could not be read", "quarantined"), ("cases opened", "cases"),
    ("mistakes", "mistakes"), ("ignored requests", "ignored"), ("reported by colleagues", "staff_reports"),
    ("escalated", "escalated"), ("answered", "answered"), ("dismissed", "dismissed"), ("closed", "closed"),
    ("alerts sent", "alerts_sent"),
)  # fmt: skip


def demo_begins() -> None:
    """What one is about to see."""
    show(Text.from_markup(
        "[bold]Brightkettle sells kettles and tea. It does not exist, and neither do its customers.[/bold]\n"
        "Four days of its inbox run through the real pipeline: every card is an alert, every ↳ a reminder that "
        "nobody had answered.\n"
    ))  # fmt: skip


def summary(told: dict[str, int], heading: str) -> None:
    """Numbers, one a line; zeros that mean nothing are left out."""
    table = Table(
        title=f"\n{escape(heading)}", title_justify="left", box=HORIZONTALS, show_header=False, pad_edge=False
    )
    table.add_column()
    table.add_column(justify="right", style="bold")
    for name, key in _SUMMARY:
        if told[key] or key != "quarantined":
            table.add_row(name, str(told[key]))
    show(table)


def next_steps(kept: str | None) -> None:
    """Where to go from the demo."""
    look = f"  amends cases --db {kept}      what is open, and what is due\n" if kept else ""
    show(Text(
        f"\nNext:\n{look}"
        "  cp config.example.toml config.toml   then put in your mailbox and your Slack channel\n"
        "  amends doctor                        checks both\n"
        "  amends run                           watches, alerts, escalates"
    ))  # fmt: skip


def page_is_written(address: str) -> None:
    """Where the demo's conversation can be looked at."""
    show(Text(f"\nThe conversation, as the team saw it in Slack: {address}"))


def finding(check_id: str, fine: bool, said: str, hint: str) -> None:
    """A line of `amends doctor`."""
    line = Text("✔ " if fine else "✘ ", style="green" if fine else "bold red")
    line.append(f"{check_id}: {said}", style="default not bold")
    if hint:
        line.append(f"\n  {hint}", style="yellow")
    show(line)


def mail(seen: dict[str, Any]) -> None:
    """A mail as amends reads it."""
    head = Text()
    for name in ("from", "subject", "date", "direction"):
        head.append(f"{name:10}", style="dim")
        head.append(f"{one_line(str(seen[name] or '–'), 120)}\n")
    for part in seen["attachments"]:
        head.append("attachment", style="dim")
        head.append(f" {one_line(part['name'], 80)} ({part['type']}, {part['size']} bytes)\n")
    show(Group(head, Text(plain(seen["new_text"], 10_000))))
    if seen["quoted"]:
        show(Text(f"\n[{len(seen['quoted'])} characters quoted from earlier messages are left aside]", style="dim"))


def stepped(told: dict[str, Any], zone: ZoneInfo) -> None:
    """What a step led to."""
    due = f"; next due {_when(told['next_due_at'], zone)}" if told["next_due_at"] else ""
    show(Text(told["said"] or f"Case {told['id']} is {told['state'].replace('_', ' ')}{due}."))
