"""File names that bite, words that act, machines that write, lines that were broken."""

from __future__ import annotations

from bot.domain.message import Direction
from tests.text.nasty.case import MIXED, Nasty, mail, parts

PLAIN = b"Content-Type: text/plain\r\n\r\nIt leaks."
NAMES = {
    b'filename="../../etc/passwd"': "../../etc/passwd",
    b'filename="=?utf-8?B?UsOpLnBkZg==?="': "Ré.pdf",
    b'filename="a\\"b.txt"': 'a"b.txt',
    b"filename*=us-ascii''Gr%F6%DFe.txt": "Größe.txt",
    b"filename*0*=utf-8''R%C3%BCck; filename*1*=erstattung; filename*2=.pdf": "Rückerstattung.pdf",
    b"filename*=utf-8'de'%ff.pdf": "ÿ.pdf",
    b'filename="' + b"x" * 900 + b'.pdf"': "x" * 200,
    b'filename="no end': "no end",
}
FILES = (
    b"Content-Type: application/pdf\r\nContent-Disposition: attachment; " + name + b"\r\n\r\n%PDF" for name in NAMES
)
REPORT = b'Content-Type: multipart/report; report-type=delivery-status; boundary="=_1"'
STATUS = b"Content-Type: message/delivery-status\r\n\r\nAction: failed"
ARABIC = "الغلاية مكسورة\nהקומקום דולף\n\u202egnp.dil\u202c"
FLOWED = b"Content-Type: text/plain; format=flowed; delsp=no"

CASES = {
    "file names that bite": Nasty(mail(parts(PLAIN, *FILES), MIXED), "It leaks.", attachments=tuple(NAMES.values())),
    "right to left": Nasty(mail(ARABIC.encode()), ARABIC),
    "words that act in a chat": Nasty(
        mail(b"<!channel> <@U1> <https://example.net|Click> *b* & `c`"),
        "<!channel> <@U1> <https://example.net|Click> *b* & `c`",
    ),
    "lines that begin with From and dots": Nasty(
        mail(b"From me to you.\r\n.\r\n..\r\nBye"), "From me to you.\n.\n..\nBye"
    ),
    "softly broken lines": Nasty(
        mail(b"It leaks \r\nall over.\r\n\r\n From here \r\nto there.\r\n\r\n-- \r\nIda \r\nLund", FLOWED),
        "It leaks all over.\n\nFrom here to there.",
        quoted="--\nIda Lund",
    ),
    "a bounce": Nasty(
        mail(parts(b"\r\nIt came back.", STATUS), REPORT),
        "It came back.",
        attachments=("unnamed",),
        direction=Direction.AUTOMATIC,
    ),
    "a bounce without its wrapping": Nasty(
        mail(parts(b"\r\nIt came back.", STATUS), MIXED),
        "It came back.",
        attachments=("unnamed",),
        direction=Direction.AUTOMATIC,
    ),
    "a receipt for reading": Nasty(
        mail(parts(b"\r\nIt was read.", STATUS.replace(b"delivery-status", b"disposition-notification")), MIXED),
        "It was read.",
        attachments=("unnamed",),
        direction=Direction.AUTOMATIC,
    ),
    "a vacation": Nasty(
        mail(b"I am away.", b"Auto-Submitted: auto-replied (vacation)"), "I am away.", direction=Direction.AUTOMATIC
    ),
    "a person who says so": Nasty(mail(b"It leaks.", b"Auto-Submitted: no"), "It leaks."),
    "a spoofed address of ours": Nasty(
        mail(b"All is well.", top=b"From: Help <help@example.org>\r\nSubject: The kettle\r\n"),
        "All is well.",
        sender="help@example.org",
    ),
}
