"""The house rules, checked: sizes, one library one place, the README's picture, the example config, the errors."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import errors
from bot.domain.case import diagram
from bot.settings import schema

HOME = Path(__file__).resolve().parent.parent
CODE = sorted((HOME / "bot").rglob("*.py"))
TESTS = sorted((HOME / "tests").rglob("*.py"))
ALLOWED_AT_TOP = {
    "bot", "models", "training_data", "tests", "config.example.toml", "pyproject.toml", "README.md",
    "LICENSE", "CHANGELOG.md", "benchmarks", "deploy",
}  # fmt: skip
LONGEST_FILE, USUAL_FILE, LONGEST_FUNCTION, USUAL_FUNCTION = 400, 200, 60, 15
# library -> the only places that may import it
ONE_PLACE = {
    "sqlalchemy": "bot/store/", "alembic": "bot/store/mig", "sklearn": "bot/learn/", "joblib": "bot/learn/",
    "scipy": "bot/learn/", "re2": "bot/learn/signals.py", "imapclient": "bot/edges/imap/connection.py",
    "slack_sdk": "bot/edges/slack/web.py",
    "apscheduler": "bot/edges/ticker.py", "rich": "bot/edges/console",
    "selectolax": "bot/text/html.py", "pydantic": "bot/settings/schema", "holidays": "bot/settings/holidays.py",
    "platformdirs": "bot/settings/load.py",
    "typer": "bot/cli/", "matplotlib": "bot/edges/report.py", "numpy": "bot/learn/",
    "icalendar": "bot/edges/calendar.py", "recurring_ical_events": "bot/edges/calendar.py",
    "oauthlib": "bot/edges/token_endpoint.py", "slack_bolt": "bot/edges/slack/bolt.py",
    "prometheus_client": "bot/edges/metrics.py",
}  # fmt: skip


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(("files", "usual"), [(CODE, 0.85), (TESTS, 0.75)], ids=["bot", "tests"])
def test_no_file_is_longer_than_400_lines_and_most_are_under_200(files: list[Path], usual: float) -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert not {str(p): n for p, n in sizes.items() if n > LONGEST_FILE}
    assert sum(n <= USUAL_FILE for n in sizes.values()) >= usual * len(sizes)


@pytest.mark.parametrize("files", [CODE, TESTS], ids=["bot", "tests"])
def test_no_function_is_longer_than_60_lines_and_most_are_under_15(files: list[Path]) -> None:
    sizes = [(path, name, length) for path in files for name, length in functions(path)]
    assert not [(str(p), name, n) for p, name, n in sizes if n > LONGEST_FUNCTION]
    assert sum(n <= USUAL_FUNCTION for _, _, n in sizes) >= 0.85 * len(sizes)


@pytest.mark.parametrize(("library", "place"), ONE_PLACE.items())
def test_each_outside_library_is_imported_in_one_place(library: str, place: str) -> None:
    users = [path.relative_to(HOME).as_posix() for path in CODE if library in imports(path)]
    assert users, f"nothing imports {library}: why is it a dependency?"
    assert all(user.startswith(place) for user in users), users


def test_every_dependency_has_bounds_and_a_reason() -> None:
    text = (HOME / "pyproject.toml").read_text(encoding="utf-8")
    for dependency in tomllib.loads(text)["project"]["dependencies"]:
        line = next(line for line in text.splitlines() if f'"{dependency}"' in line)
        assert "#" in line, f"{dependency} has no reason"
        assert ">=" in dependency, dependency
        assert "<" in dependency or dependency.startswith("tzdata"), dependency


def test_the_constraints_hold_names_and_versions_only() -> None:
    for line in (HOME / ".ci/constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line), line


def test_the_readme_draws_the_lifecycle_as_the_table_has_it() -> None:
    readme = (HOME / "README.md").read_text(encoding="utf-8")
    drawn = readme.partition("```mermaid\n")[2].partition("\n```")[0]
    assert drawn == diagram()


def test_the_readme_gives_one_line_to_run_and_one_to_test() -> None:
    readme = (HOME / "README.md").read_text(encoding="utf-8")
    for heading in ("## Run it", "## Test it"):
        fenced = readme.partition(f"{heading}\n")[2].partition("```sh\n")[2].partition("\n```")[0]
        assert fenced, heading
        assert "\n" not in fenced, heading


def test_every_setting_stands_in_the_example() -> None:
    example = (HOME / "config.example.toml").read_text(encoding="utf-8")
    missing = [
        ".".join(path)
        for path in schema.fields()
        if not re.search(rf"^#? ?{path[-1]} = |[{{,] ?{path[-1]} = ", example, re.MULTILINE)
    ]
    assert not missing


def test_every_error_has_a_sentence_of_its_own_and_an_exit_code() -> None:
    tree = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.AmendsError)]
    assert len(tree) > 8
    sentences = [error.__dict__.get("__doc__") for error in tree]
    assert all(s and s.rstrip().splitlines()[0].endswith(".") for s in sentences)
    assert len(set(sentences)) == len(sentences)
    assert all(1 <= error.exit_code < 64 for error in tree)
    drawn = errors.__doc__ or ""
    assert not [error.__name__ for error in tree if error.__name__ not in drawn]


def test_the_top_level_holds_nothing_else() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=HOME, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("this is not a clone, so nobody knows which files belong to it")
    top = {line.partition("/")[0] for line in tracked.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= ALLOWED_AT_TOP


def test_help_loads_neither_the_classifier_nor_the_database_nor_any_calendar() -> None:
    code = (
        "import sys\nfrom bot.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'sklearn', 'joblib', 'scipy', 'numpy', 'sqlalchemy', 'alembic', 'holidays'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
