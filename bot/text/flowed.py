"""format=flowed (RFC 3676): the lines that a mail program broke softly are one again."""

from __future__ import annotations

_SIGNATURE = "-- "


def unflowed(text: str, *, delete_space: bool) -> str:
    """`text` with its soft breaks joined and its space-stuffing undone; quoted lines keep their marks.

    `delete_space`: the space before a soft break is not the writer's (DelSp=yes, section 4.1).
    """
    if "\n " not in text and text.count(" \n") == text.count("\n-- \n") and text[:1] != " ":
        return text  # nothing is broken or stuffed
    done: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        bare = line.lstrip(">")
        marks = len(line) - len(bare)
        content = bare.removeprefix(" ")
        # sections 4.3 and 4.5 end a paragraph so; an empty line ends it and stays, as everybody means it
        if paragraph and (marks != depth or content in ("", _SIGNATURE)):
            done.append(_marked(depth, paragraph))
            paragraph = []
        depth = marks
        if content.endswith(" ") and content != _SIGNATURE:
            paragraph.append(content[:-1] if delete_space else content)
        else:
            done.append(_marked(depth, [*paragraph, content]))
            paragraph = []
    if paragraph:
        done.append(_marked(depth, paragraph))
    return "\n".join(done)


def _marked(depth: int, pieces: list[str]) -> str:
    """A paragraph as one line, behind the marks of its depth."""
    whole = "".join(pieces)
    return f"{'>' * depth} {whole}" if depth else whole
