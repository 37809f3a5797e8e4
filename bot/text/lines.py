"""Lines of text put together from pieces of markup, as a browser would break them."""

from __future__ import annotations

_RECENT = 60  # pieces


class Lines:
    """Collects words; remembers which breaks are due, and writes them only between words."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._breaks = 0  # line breaks due, two make a blank line
        self._space = False
        self._between_cells = False
        self._bullet = ""

    def words(self, text: str, *, preformatted: bool = False) -> None:
        """Text of an element. Its runs of whitespace are one space each, unless it is preformatted."""
        if preformatted:
            self._preformatted(text)
            return
        words = text.split()
        if not words:
            self._space = self._space or bool(text)
            return
        self._space = self._space or text[0].isspace()
        self._write(" ".join(words))
        self._space = text[-1].isspace()

    def line_break(self) -> None:
        """A <br>."""
        self._breaks = min(2, self._breaks + 1)

    def block(self, *, paragraph: bool) -> None:
        """A block begins or ends: what follows stands on its own line, with a blank one before it in a paragraph."""
        if not self._bullet:  # the first block of a list item stands beside the bullet
            self._breaks = max(self._breaks, 2 if paragraph else 1)

    def item(self) -> None:
        """A list item begins."""
        self.block(paragraph=False)
        self._bullet = "- "

    def end_item(self) -> None:
        """A list item ends, with or without words in it."""
        self._bullet = ""
        self.block(paragraph=False)

    def cell(self) -> None:
        """A table cell begins that is not the first of its row."""
        self._between_cells = not self._breaks

    def text(self) -> str:
        """Everything so far."""
        return "".join(self._written)

    def recent(self) -> str:
        """The end of everything so far: enough of it for a few lines."""
        return "".join(self._written[-_RECENT:])

    def take_back(self, length: int) -> None:
        """Forget the last characters, at most those of recent(); what comes next stands on its own line."""
        while length > 0 and self._written:
            piece = self._written.pop()
            if len(piece) > length:
                self._written.append(piece[:-length])
            length -= len(piece)
        while self._written and not self._written[-1].strip():
            self._written.pop()
        self._breaks = 2

    def _preformatted(self, text: str) -> None:
        for index, line in enumerate(text.expandtabs(4).split("\n")):
            if index:
                self.line_break()
            if line.strip():
                self._write(line.rstrip())

    def _write(self, words: str) -> None:
        if self._written:
            self._written.append(self._due())
        self._written.append(self._bullet + words if self._bullet else words)
        self._breaks, self._space, self._between_cells, self._bullet = 0, False, False, ""

    def _due(self) -> str:
        """What belongs between the last words and the next."""
        if self._breaks:
            return "\n" * self._breaks
        if self._between_cells:
            return " | "
        return " " if self._space else ""
