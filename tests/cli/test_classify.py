"""`amends classify`: texts in, verdicts out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Amends, process
from tests.fakes.taught import School, package

COMPLAINT = "You charged my card twice for order 1182 and nobody has answered my last three emails."
THANKS = "Thank you so much, the kettle is lovely!"
KEYS = ["id", "mistake", "ignored", "labels", "severity", "unsure", "clues"]


def json_lines(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_a_pipe_of_json_lines_gives_a_verdict_for_each_and_names_the_bad_ones(tmp_path: Path) -> None:
    lines = [
        json_lines({"id": "a", "text": COMPLAINT}), b"not json\n", b"\n", b'{"id": 4, "text": "caf\xe9 \\ud83d"}\n',
        json_lines({"id": 5, "text": 5}, ["list"], {"text": THANKS}), b'\xff\xfe\x00\n', b"[" * 100_000 + b"\n",
        b'{"id": {"x": [1]}, "text": ""}',
    ]  # fmt: skip
    done = process("classify", "--json", here=tmp_path, stdin=b"".join(lines))
    assert [told["id"] for told in done.lines] == ["a", 4, 7, {"x": [1]}]
    assert all(list(told) == KEYS for told in done.lines)
    assert done.code == 2
    first, *named = done.err.splitlines()
    assert first == "amends: 5 of the lines could not be used; the others were judged."
    assert [line.partition(":")[0] for line in named] == ["line 2", "line 5", "line 6", "line 8", "line 9"]
    assert not (tmp_path / "state").exists(), "asking for a verdict makes no database"


def test_verdicts_say_what_a_machine_needs(amends: Amends) -> None:
    done = amends("classify", "--json", stdin=json_lines({"text": COMPLAINT}, {"text": THANKS}))
    assert done.code == 0
    assert done.err == ""
    complaint, thanks = done.lines
    assert (complaint["id"], complaint["labels"], complaint["severity"] > 0) == (1, ["mistake", "ignored"], True)
    assert (thanks["id"], thanks["labels"], thanks["severity"]) == (2, [], 0)
    assert 0 <= thanks["mistake"] < complaint["mistake"] <= 1
    assert {clue["label"] for clue in complaint["clues"]} == {"mistake", "ignored"}
    assert all(set(clue) == {"label", "text", "weight"} for clue in complaint["clues"])


def test_ids_are_kept_as_they_are_and_in_their_order(amends: Amends) -> None:
    ids = [3, "x", 1.5, None, "", "ä😡", "\ud83d", [1, {"a": 2}], True, 10**30]
    rows = [{"id": one, "text": f"text {number}"} for number, one in enumerate(ids)]
    done = amends("classify", "--json", stdin=json_lines(*rows))
    assert [told["id"] for told in done.lines] == ids


def test_a_subject_is_read_as_the_first_line_of_the_text(amends: Amends) -> None:
    both = {"subject": COMPLAINT, "text": "See above."}, {"text": f"{COMPLAINT}\nSee above."}, {"text": "See above."}
    one, same, other = amends("classify", "--json", stdin=json_lines(*both)).lines
    assert one["mistake"] == same["mistake"] != other["mistake"]


def test_what_is_known_of_the_thread_is_heeded(amends: Amends) -> None:
    known = {"unanswered": 2, "waiting_hours": 70}
    rows = [{"text": "Any update?"} | told for told in ({}, known, {"unanswered": 0, "waiting_hours": 0})]
    plain, waiting, fresh = amends("classify", "--json", stdin=json_lines(*rows)).lines
    assert waiting["ignored"] > plain["ignored"] == fresh["ignored"]


@pytest.mark.parametrize("values", [("null", '"3"', "[]", "{}", "-5", "-Infinity", "0"), ("NaN",)], ids=["many", "NaN"])
def test_what_makes_no_sense_of_a_thread_is_as_if_it_were_not_said(amends: Amends, values: tuple[str, ...]) -> None:
    strange = "".join(f'{{"text": "Any update?", "unanswered": {value}, "waiting_hours": 0}}\n' for value in values)
    done = amends("classify", "--json", stdin=strange.encode() + json_lines({"text": "Any update?"}))
    assert (done.code, done.err) == (0, "")
    assert len(done.lines) == len(values) + 1
    assert len({told["ignored"] for told in done.lines}) == 1


def test_a_wait_without_end_is_a_long_one(amends: Amends) -> None:
    lines = '{"text": "x", "unanswered": 1e999, "waiting_hours": Infinity}\n{"text": "x", "unanswered": 9}\n'
    done = amends("classify", "--json", stdin=lines.encode())
    assert (done.code, len(done.lines)) == (0, 2)
    assert done.lines[0]["ignored"] > done.lines[1]["ignored"]


def test_a_file_is_read_like_a_pipe(amends: Amends) -> None:
    rows = json_lines(*({"id": number, "text": f"{number} {COMPLAINT}"} for number in range(20)))
    (amends.here / "in.jsonl").write_bytes(rows + b'{"id": 20, "text": "caf\xe9"}\n')
    done = amends("classify", "in.jsonl", "--json")
    assert done.code == 0
    assert [told["id"] for told in done.lines] == list(range(21))


def test_no_lines_are_no_verdicts_and_no_error(amends: Amends) -> None:
    for nothing in (b"", b"\n\n  \n"):
        done = amends("classify", "--json", stdin=nothing)
        assert (done.code, done.out, done.err) == (0, "", "")


def test_of_very_many_bad_lines_only_some_are_named(amends: Amends) -> None:
    done = amends("classify", "--json", stdin=b"x\n" * 1000)
    assert (done.code, done.out) == (2, "")
    assert "1000 of the lines could not be used" in done.err
    named = done.err.count("not JSON")
    assert f"… and {1000 - named} more" in done.err
    assert named < 200


def test_the_prior_moves_the_verdict(amends: Amends) -> None:
    asked = json_lines({"text": "The lid is cracked."})
    rare, configured, often = (
        amends("classify", "--json", *option, stdin=asked).lines[0]["mistake"]
        for option in (["--prior", "0.01"], [], ["--prior", "0.9"])
    )
    assert rare < configured < often
    amends.write("config.toml", "[judge]\nprior = 0.01\n")
    assert amends("classify", "--json", stdin=asked).lines[0]["mistake"] == rare


@pytest.mark.parametrize("prior", ["0", "1", "a fifth"])
def test_a_prior_that_is_no_share_is_refused(amends: Amends, prior: str) -> None:
    assert amends("classify", "--json", "--prior", prior, stdin=b"{}").code == 2


@pytest.mark.parametrize(
    ("text", "said"), [(COMPLAINT, "mistake and ignored, "), (THANKS, "no complaint ")], ids=["complaint", "thanks"]
)
def test_a_plain_text_gives_a_verdict_that_people_can_read(amends: Amends, text: str, said: str) -> None:
    done = amends("classify", stdin=text.encode())
    assert (done.code, done.err) == (0, "")
    first, *clues = done.out.splitlines()
    assert first.startswith(said)
    assert "%" in first
    assert clues


def test_a_plain_text_of_several_lines_is_one_text(amends: Amends) -> None:
    lines = COMPLAINT.replace(" and ", "\nand ").encode()
    assert amends("classify", stdin=lines).out.splitlines()[0].startswith("mistake and ignored")
    assert amends("classify", stdin=b"caf\xe9 charged me twice").code == 0


@pytest.mark.parametrize("stdin", [b"", b" \n\n"])
def test_without_a_text_there_is_no_verdict(amends: Amends, stdin: bytes) -> None:
    done = amends("classify", stdin=stdin)
    assert (done.code, done.out, done.err) == (2, "", "amends: There is no text to judge.\n")


def test_an_input_that_is_not_there_is_named(amends: Amends) -> None:
    done = amends("classify", "nowhere.jsonl", "--json")
    assert (done.code, done.err) == (2, "amends: nowhere.jsonl: It cannot be read: No such file or directory.\n")


# a model of another time


def test_an_outdated_model_is_refused_or_rebuilt_as_one_wants(
    amends: Amends, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught = school.well_taught.copy(amends.here)
    assert taught.done
    taught.outdate(taught.done.id)
    package(monkeypatch, school.good)
    refused = amends("classify", "--no-rebuild", stdin=COMPLAINT.encode())
    assert (refused.code, refused.out) == (6, "")
    assert "The model was built by another version of amends. `amends retrain` makes a new one." in refused.err
    rebuilt = amends("classify", "--json", stdin=json_lines({"text": COMPLAINT}))
    assert (rebuilt.code, len(rebuilt.lines)) == (0, 1)
    assert "this happens once." in rebuilt.err
    again = amends("classify", "--json", stdin=json_lines({"text": COMPLAINT}))
    assert (again.code, again.err, again.out) == (0, "", rebuilt.out)
