"""HTML mail into plain words, and the quotation below them set apart.

The tree is walked once, with an own stack. Trees that no mail program builds are not built here either: their tags are
merely cut out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from bot.text.charsets import valid
from bot.text.lines import Lines
from bot.text.quoting import opens_forward
from bot.text.tags import is_monstrous, tamed, without_tags

HTML_LENGTH = 500_000
# With fewer characters of one's own than this above it, a forwarded mail is what the writer wants to be read.
NEARLY_NOTHING = 60

_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noframes", "iframe", "svg", "math"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre"})
_BLOCKS = _PARAGRAPHS | {
    "address", "article", "aside", "body", "center", "dd", "details", "div", "dt", "fieldset", "figcaption", "figure",
    "footer", "form", "header", "hr", "html", "legend", "li", "main", "nav", "section", "summary", "tbody", "tfoot",
    "thead", "tr",
}  # fmt: skip
_GMAIL = "gmail_quote"
_THUNDERBIRD = "moz-cite-prefix"
_QUOTE_CLASSES = frozenset({"yahoo_quoted", "protonmail_quote", "tutanota_quote", "gmail_attr", _THUNDERBIRD})
_REPLY_IDS = frozenset({"divRplyFwdMsg", "appendonsend"})
_HIDING = re.compile(r"display:none|visibility:hidden|font-size:0(?:px|pt|em|%)?(?:;|!|$)")


def to_text(html: str) -> tuple[str, str]:
    """(own words, quoted words) of an HTML mail; only the first 500,000 characters are read.

    A forwarded mail with nearly nothing above it counts as own words.
    """
    html = valid(html[:HTML_LENGTH])
    try:
        root = None if is_monstrous(html) else LexborHTMLParser(tamed(html)).root
    except (SelectolaxError, RuntimeError, ValueError):
        root = None
    if root is None:
        return without_tags(html), ""
    own, quoted = _Walk(root, show_hidden=False).run()
    if not own and not quoted:
        own, quoted = _Walk(root, show_hidden=True).run()  # what hides everything hides by mistake
    if len(own) < NEARLY_NOTHING and opens_forward(quoted):
        return f"{own}\n\n{quoted}".strip(), ""
    return own, quoted


@dataclass(frozen=True, slots=True)
class _Setting:
    """What holds inside an element: is it quoted, is its whitespace kept."""

    quoted: bool = False
    preformatted: bool = False


@dataclass(frozen=True, slots=True)
class _End:
    """On the stack: a block ends here."""

    tag: str
    quoted: bool


class _Walk:
    """One pass over the tree in document order."""

    def __init__(self, root: LexborNode, *, show_hidden: bool) -> None:
        self._own, self._cited = Lines(), Lines()
        self._show_hidden = show_hidden
        self._rest_is_quoted = False
        self._stack: list[tuple[LexborNode, _Setting] | _End] = [(root, _Setting())]

    def run(self) -> tuple[str, str]:
        """(own words, quoted words)."""
        while self._stack:
            entry = self._stack.pop()
            if isinstance(entry, _End):
                _end(entry.tag, self._into(entry.quoted))
            else:
                self._enter(*entry)
        return self._own.text(), self._cited.text()

    def _into(self, quoted: bool) -> Lines:
        return self._cited if quoted or self._rest_is_quoted else self._own

    def _enter(self, node: LexborNode, setting: _Setting) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self._into(setting.quoted).words(node.text_content or "", preformatted=setting.preformatted)
        elif not tag.startswith("-") and tag not in _UNSEEN:
            self._enter_element(node, tag, setting)

    def _enter_element(self, node: LexborNode, tag: str, setting: _Setting) -> None:
        attributes = node.attributes
        if not self._show_hidden and _is_hidden(attributes):
            return
        if attributes.get("id") in _REPLY_IDS and not setting.quoted:
            self._rest_is_quoted = True
        quoted = setting.quoted or _is_quote(tag, attributes)
        _begin(node, tag, self._into(quoted))
        if tag in _BLOCKS:
            self._stack.append(_End(tag, quoted))
        self._push_children(node, _Setting(quoted, setting.preformatted or tag == "pre"))

    def _push_children(self, node: LexborNode, setting: _Setting) -> None:
        """Children in reverse. In Gmail's container all is quoted up to the first quote; what follows answers it."""
        children = list(_siblings(node.first_child))
        quoted_until = -1
        if _GMAIL in _classes(node.attributes):
            quoted_until = next((at for at, child in enumerate(children) if child.tag == "blockquote"), len(children))
        entries = [
            (child, replace(setting, quoted=True) if at <= quoted_until or _cites(child) else setting)
            for at, child in enumerate(children)
        ]
        self._stack.extend(reversed(entries))


def _begin(node: LexborNode, tag: str, lines: Lines) -> None:
    """What an element puts before its words."""
    if tag == "br":
        lines.line_break()
    elif tag == "li":
        lines.item()
    elif tag in _BLOCKS:
        lines.block(paragraph=tag in _PARAGRAPHS)
    elif tag in ("td", "th") and node.prev is not None:
        lines.cell()


def _end(tag: str, lines: Lines) -> None:
    """What a block puts behind its words."""
    if tag == "li":
        lines.end_item()
    else:
        lines.block(paragraph=tag in _PARAGRAPHS)


def _siblings(node: LexborNode | None) -> Iterator[LexborNode]:
    while node is not None:
        yield node
        node = node.next


def _classes(attributes: dict[str, str | None]) -> set[str]:
    return set((attributes.get("class") or "").split())


def _is_quote(tag: str, attributes: dict[str, str | None]) -> bool:
    classes = _classes(attributes)
    if tag == "blockquote" and (attributes.get("type") == "cite" or _GMAIL in classes):
        return True
    return not _QUOTE_CLASSES.isdisjoint(classes)


def _cites(node: LexborNode) -> bool:
    """A blockquote that stands right after Thunderbird's "… wrote:"."""
    if node.tag != "blockquote":
        return False
    before = node.prev
    while before is not None and (before.tag or "").startswith("-") and not (before.text_content or "").strip():
        before = before.prev
    return before is not None and _THUNDERBIRD in _classes(before.attributes)


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    style = "".join((attributes.get("style") or "").lower().split())
    return "hidden" in attributes or bool(_HIDING.search(style))
