"""HTML mail into plain words, and the quotation below them set apart.

What a mail program marked as quotation, signature or hidden is found by selectors, in one pass of the parser; then the
tree is walked once. Trees that no mail program builds are not built here either: their tags are merely cut out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from bot.text.attributions import MOST_WRAPPED, attribution
from bot.text.charsets import valid
from bot.text.lines import Lines
from bot.text.quoting import opens_forward
from bot.text.tags import is_monstrous, tamed, without_tags

HTML_LENGTH = 500_000
# With fewer characters of one's own than this above it, a forwarded mail is what the writer wants to be read.
NEARLY_NOTHING = 60

_UNSEEN = ("script", "style", "head", "title", "template", "noframes", "iframe", "svg", "math")
_PARAGRAPHS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre")
_BLOCKS = (
    "address", "article", "aside", "body", "center", "dd", "details", "div", "dt", "fieldset", "figcaption", "figure",
    "footer", "form", "header", "hr", "html", "legend", "main", "nav", "section", "summary", "tbody", "tfoot", "thead",
    "tr",
)  # fmt: skip
# what an element does to the lines; one that is not named here does nothing
_ROLE = {
    **dict.fromkeys(_UNSEEN, "unseen"), **dict.fromkeys(_PARAGRAPHS, "paragraph"), **dict.fromkeys(_BLOCKS, "block"),
    "li": "item", "br": "break", "td": "cell", "th": "cell", "-text": "text",
}  # fmt: skip
_GMAIL = ".gmail_quote:not(blockquote), .gmail_quote_container:not(blockquote)"
_THUNDERBIRD = ".moz-cite-prefix, #reply-intro"
_QUOTES = ", ".join((
    'blockquote[type="cite" i]', "blockquote.gmail_quote", ".gmail_attr", _THUNDERBIRD, ".yahoo_quoted",
    ".protonmail_quote", ".tutanota_quote", ".zmail_extra", ".ntes-quote", "#isReplyContent", '[name="quote"]',
    '[name="quoted-content"]', "#OLK_SRC_BODY_SECTION", "#original-content", ".front-quote", ".hubspot_quote",
    # and signatures
    ".gmail_signature", ".gmail_signature_prefix", '[data-smartmail="gmail_signature"]', ".moz-signature", "#Signature",
    "#ms-outlook-mobile-signature", "#AppleMailSignature", "#composer_signature", ".protonmail_signature_block",
    "#tutanota-mail-signature", "#spark-mobile-signature",
))  # fmt: skip
# With these a quotation begins that ends only with the mail. The borders are Outlook's, above its copied header.
_RESTS = ", ".join((
    "#divRplyFwdMsg", "#appendonsend", "#mail-editor-reference-message-container", ".OutlookMessageHeader",
    '[style*="border-top:solid #e1e1e1" i]', '[style*="border-top:solid #b5c4df" i]',
))  # fmt: skip
_MAY_HIDE = '[hidden], [style*="none" i], [style*="hidden" i], [style*="font-size" i]'
_HIDING = re.compile(r"display:none|visibility:hidden|font-size:0(?:px|pt|em|%)?(?:;|!|$)")


def to_text(html: str) -> tuple[str, str]:
    """(own words, quoted words) of an HTML mail; only the first 500,000 characters are read.

    A forwarded mail with nearly nothing above it counts as own words, and so does a quotation that is all there is.
    """
    html = valid(html[:HTML_LENGTH])
    try:
        tree = None if is_monstrous(html) else LexborHTMLParser(tamed(html))
    except (SelectolaxError, RuntimeError, ValueError):
        tree = None
    if tree is None or tree.root is None:
        return without_tags(html), ""
    marks = _Marks(tree)
    own, quoted = _Walk(marks, marks.hidden).run(tree.root)
    if not own and not quoted:
        own, quoted = _Walk(marks, frozenset()).run(tree.root)  # what hides everything hides by mistake
    if not own or (len(own) < NEARLY_NOTHING and opens_forward(quoted)):
        return f"{own}\n\n{quoted}".strip(), ""
    return own, quoted


class _Marks:
    """Which nodes, by their address in memory, are quoted, begin a quotation, or are hidden."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self.quoted = {node.mem_id for node in tree.css(_QUOTES)}
        self.rests = {node.mem_id for node in tree.css(_RESTS)}
        self.hidden = {node.mem_id for node in tree.css(_MAY_HIDE) if _is_hidden(node)}
        for container in tree.css(_GMAIL):
            self.quoted.update(node.mem_id for node in _up_to_first_quote(container))
        for prefix in tree.css(_THUNDERBIRD):
            following = _next_that_says_something(prefix)
            if following is not None and following.tag == "blockquote":
                self.quoted.add(following.mem_id)


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    style = "".join((attributes.get("style") or "").lower().split())
    return "hidden" in attributes or _HIDING.search(style) is not None


def _up_to_first_quote(container: LexborNode) -> Iterator[LexborNode]:
    """In Gmail's container all is quoted up to the first quote; what follows answers it."""
    node = container.first_child
    while node is not None:
        yield node
        node = None if node.tag == "blockquote" else node.next


def _next_that_says_something(node: LexborNode) -> LexborNode | None:
    following = node.next
    while (
        following is not None and (following.tag or "").startswith("-") and not (following.text_content or "").strip()
    ):
        following = following.next
    return following


class _Walk:
    """One pass over the tree in document order."""

    def __init__(self, marks: _Marks, hidden: set[int] | frozenset[int]) -> None:
        self._marks, self._hidden = marks, hidden
        self._special = marks.quoted | marks.rests | hidden
        self._own, self._cited = Lines(), Lines()
        self._lines = self._own  # where words go now
        self._preformatted = False
        self._rest_is_quoted = False
        # of each open element: the node after it, its role, and what held before it
        self._open: list[tuple[LexborNode | None, str | None, Lines, bool]] = []

    def run(self, root: LexborNode) -> tuple[str, str]:
        """(own words, quoted words)."""
        node: LexborNode | None = root
        while node is not None:
            child = self._enter(node)
            node = node.next if child is None else child
            while node is None and self._open:
                node, role, before, self._preformatted = self._open.pop()
                if role:
                    _end(role, self._lines)
                self._lines = self._cited if self._rest_is_quoted else before
        return self._own.text(), self._cited.text()

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """Take a node in; its first child, if that comes next."""
        tag = node.tag
        role = _ROLE.get(tag or "")
        if role == "unseen":
            return None
        before = self._lines
        if self._special and node.mem_id in self._special and not self._mark(node.mem_id):
            return None
        if role == "text":
            self._lines.words(node.text_content or "", preformatted=self._preformatted)
            self._lines = before
            return None
        if tag == "blockquote" and self._lines is self._own and self._take_back_attribution():
            self._lines = self._cited
        if role:
            _begin(role, node, self._lines)
        child = node.first_child
        if child is None:
            _end(role, self._lines)
            self._lines = self._cited if self._rest_is_quoted else before
            return None
        self._open.append((node.next, role, before, self._preformatted))
        self._preformatted = self._preformatted or tag == "pre"
        return child

    def _mark(self, mem_id: int) -> bool:
        """Note what a mark says; False if its node is not to be seen."""
        if mem_id in self._hidden:
            return False
        if self._lines is self._own:
            self._take_back_attribution()
        self._rest_is_quoted = self._rest_is_quoted or (self._lines is self._own and mem_id in self._marks.rests)
        self._lines = self._cited
        return True

    def _take_back_attribution(self) -> bool:
        """Whether one's own words end in a line like "… wrote:", which is then quoted as well."""
        recent = self._own.recent()
        if not recent.endswith((":", "：")):
            return False
        lines = recent.split("\n")[-MOST_WRAPPED:]
        start = attribution(lines, len(lines) - 1, marks_follow=True)
        if start is None:
            return False
        for line in lines[start:]:
            self._cited.block(paragraph=False)
            self._cited.words(line)
        self._cited.block(paragraph=False)
        self._own.take_back(len("\n".join(lines[start:])))
        return True


def _begin(role: str | None, node: LexborNode, lines: Lines) -> None:
    """What an element puts before its words."""
    if role == "block" or role == "paragraph":
        lines.block(paragraph=role == "paragraph")
    elif role == "break":
        lines.line_break()
    elif role == "item":
        lines.item()
    elif role == "cell" and node.prev is not None:
        lines.cell()


def _end(role: str | None, lines: Lines) -> None:
    """What a block puts behind its words."""
    if role == "block" or role == "paragraph":
        lines.block(paragraph=role == "paragraph")
    elif role == "item":
        lines.end_item()
