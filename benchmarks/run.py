"""Speed and memory of amends on this machine, each beside a named peer or limit, in one run.

    python benchmarks/run.py             # all of it, a few minutes
    python benchmarks/run.py startup     # one part: startup, classify, memory, mail

Ratios are comparable between machines; seconds are not. Exit code 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
AMENDS = [sys.executable, "-m", "bot"]
ROUNDS = 7
MESSAGES, LENGTH = 10_000, 300


@dataclass(frozen=True)
class Figure:
    """One measurement: what it is beside its limit (`at_least` or at most)."""

    name: str
    value: float
    limit: float
    unit: str
    at_least: bool = False
    detail: str = ""

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def seconds(command: list[str], stdin: Path | None = None, rounds: int = ROUNDS) -> float:
    """Median wall-clock time of a command, after one run that warms the caches."""
    taken = []
    for _ in range(rounds + 1):
        with (stdin or Path(os.devnull)).open("rb") as source:
            begin = time.perf_counter()
            subprocess.run(command, stdin=source, stdout=subprocess.DEVNULL, check=True, cwd=HOME)
            taken.append(time.perf_counter() - begin)
    return statistics.median(taken[1:])


def startup() -> Iterator[Figure]:
    """How long a person waits for a command that needs no classifier, beside importing the command line's library."""
    peer = seconds([sys.executable, "-c", "import typer"])
    told = f"import typer {peer:.3f} s"
    yield Figure("amends --help", seconds([*AMENDS, "--help"]) / peer, 3, "x import typer", detail=told)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "demo.db")
        subprocess.run([*AMENDS, "demo", "--json", "--keep", file], stdout=subprocess.DEVNULL, check=True, cwd=HOME)
        yield Figure("amends cases", seconds([*AMENDS, "cases", "--db", file]) / peer, 8, "x import typer", detail=told)


def classify() -> Iterator[Figure]:
    """`amends classify --json` on 10,000 messages of 300 characters, loading the model included."""
    texts = [json.loads(line)["text"] for file in sorted((HOME / "training_data").glob("*.jsonl"))
             for line in file.read_text(encoding="utf-8").splitlines()]  # fmt: skip
    running = "  ".join(texts)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "messages.jsonl"
        starts = ((i * 104_729) % (len(running) - LENGTH) for i in range(MESSAGES))
        file.write_text("".join(json.dumps({"text": running[s : s + LENGTH]}) + "\n" for s in starts), encoding="utf-8")
        taken = seconds([*AMENDS, "classify", "--json"], stdin=file, rounds=3)
    peer = letters_a_core([running[i * LENGTH : (i + 1) * LENGTH] for i in range(1000)])
    told = f"{os.cpu_count()} cores, {taken:.2f} s; scikit-learn's letters 2-5 on one core: {peer:.0f}/s"
    yield Figure("amends classify", MESSAGES / taken, 2000, "messages/s", True, told)


def letters_a_core(texts: list[str]) -> float:
    """How fast this machine is: scikit-learn's own letter features a second (4,150 where the limit was set)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).fit(texts)
    begin = time.perf_counter()
    vectorizer.transform(texts)
    return len(texts) / (time.perf_counter() - begin)


def memory() -> Iterator[Figure]:
    """Resident memory of the judging part of `amends run` at rest, and after its model was swapped."""
    code = f"""
        import gc, json, sys, tempfile
        sys.path.insert(0, {str(HOME)!r})
        import bot.edges.slack.channel, bot.edges.ticker, bot.service.recover, bot.watching
        from bot.champion import load_model
        from bot.opening import open_store
        from bot.learn.judge import ModelJudge
        from bot.settings import defaults
        from dataclasses import replace
        settings = replace(defaults(), store_url="sqlite:///" + tempfile.mkdtemp() + "/rest.db")
        store = open_store(settings)
        def rss():
            return next(int(x.split()[1]) for x in open("/proc/self/status") if x.startswith("VmRSS")) / 1024
        judge = ModelJudge(load_model(settings, None, rebuild=False, progress=print), 0.2)
        judge.model.judge(["Nobody answers, and I was charged twice."] * 200, 0.2)
        rest = rss()
        for _ in range(3):
            judge.model = load_model(settings, None, rebuild=False, progress=print)
            judge.model.judge(["Nobody answers, and I was charged twice."] * 200, 0.2)
        gc.collect()
        print(json.dumps([rest, rss()]))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    rest, swapped = json.loads(done.stdout.splitlines()[-1])
    yield Figure("amends run at rest", rest, 280, "MB")
    yield Figure("amends run, model swapped three times", swapped, 280, "MB")


def mail() -> Iterator[Figure]:
    """All of benchmarks/mail.py."""
    sys.path.insert(0, str(HOME))
    from benchmarks import mail as measured  # it needs this file
    from tests.fakes.dovecot import available

    if missing := available():
        print(f"       no mail: {missing}")
        return
    for part in measured.PARTS.values():
        yield from part(measured.MAILS)


PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "startup": startup, "classify": classify, "memory": memory, "mail": mail,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("part", nargs="*", help=f"one of {', '.join(PARTS)}; all by default")
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp()  # what this machine's own amends has learnt stays out of it
    return tell(figure for part in parser.parse_args().part or PARTS for figure in PARTS[part]())


def tell(figures: Iterable[Figure]) -> int:
    """Print each as it comes; 1 when one missed its limit."""
    missed = 0
    for figure in figures:
        missed += not figure.met
        limit = f"{'at least' if figure.at_least else 'at most'} {figure.limit:g}"
        verdict = "ok " if figure.met else "MISSED"
        print(
            f"{verdict:6} {figure.name:40} {figure.value:9.2f} {figure.unit:15} {limit:14} {figure.detail}", flush=True
        )
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
