"""The few header lines that a mail program copies above the mail it quotes: From, Sent, To, Subject, in any language.

Web forms and people write single lines like these; only several of them, each in reach of the last, are a header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.text.plain import plain

_WITHIN = 20  # lines
_MOST_BETWEEN = 4  # lines without a label: values on lines of their own, or long lists of recipients
_MOST_AGAIN = 3  # lines with a label that was there before: To, Cc and Bcc are of one kind
_LABELS = {
    "from": (
        "from", "von", "absender", "de", "da", "mittente", "van", "afzender", "från", "fra", "frá", "expéditeur",
        "remitente", "remetente", "lähettäjä", "od", "nadawca", "odesílatel", "odosielateľ", "šalje", "pošiljatelj",
        "feladó", "expeditor", "expeditorul", "de la", "от", "от кого", "отправитель", "від", "від кого",
        "відправник", "kimden", "gönderen", "από", "αποστολέας", "saatja", "nuo", "no", "מאת", "من", "از", "từ",
        "người gửi", "จาก", "dari", "发件人", "寄件者", "寄件人", "發件人", "差出人", "送信者", "送信元", "보낸 사람",
        "보낸사람", "발신", "발신자",
    ),
    "sent": (
        "sent", "date", "gesendet", "gesendet am", "datum", "envoyé", "envoyé le", "date d'envoi", "enviado",
        "enviado el", "enviada em", "enviado em", "enviada", "fecha", "fecha de envío", "data", "data/ora", "inviato",
        "data invio", "verzonden", "verstuurd", "skickat", "skickades", "sendt", "dato", "lähetetty", "päivä", "pvm",
        "päiväys", "päivämäärä", "wysłano", "wysłane", "data wysłania", "odesláno", "datum odeslání", "dátum",
        "odoslané", "odoslaná", "poslano", "küldve", "elküldve", "trimis", "trimisă", "дата", "отправлено",
        "дата отправки", "надіслано", "дата надсилання", "gönderildi", "gönderilme tarihi", "gönderim tarihi",
        "tarih", "ημερομηνία", "ημ/νία", "στάλθηκε", "στάλθηκε:", "saadetud", "kuupäev", "נשלח", "תאריך",
        "تاريخ الإرسال", "تاريخ", "التاريخ", "أرسلت", "تم الإرسال", "đã gửi", "ngày", "gửi", "ngày gửi", "วันที่",
        "ส่ง", "dikirim", "tanggal", "发送时间", "发送日期", "日期", "时间", "寄件日期", "傳送時間", "發送時間",
        "送信日時", "日付", "送信日", "보낸 날짜", "보낸날짜", "날짜", "발신일시",
    ),
    "to": (
        "to", "an", "empfänger", "à", "pour", "para", "a", "per", "aan", "till", "til", "destinataire",
        "destinatario", "destinatário", "cc", "bcc", "kopie", "copie", "kopia", "kopi", "vastaanottaja", "kopio",
        "do", "adresat", "dw", "komu", "pre", "prima", "primatelj", "címzett", "másolat", "către", "destinatar",
        "destinatarul", "catre", "кому", "получатель", "копия", "копія", "одержувач", "kime", "alıcı", "kime:",
        "bilgi", "προς", "κοιν", "saaja", "אל", "עותק", "إلى", "الى", "نسخة", "đến", "tới", "người nhận", "ถึง",
        "kepada", "收件人", "收件者", "抄送", "副本", "宛先", "受信者", "받는 사람", "받는사람", "수신", "수신자",
        "참조",
    ),
    "subject": (
        "subject", "betreff", "objet", "sujet", "asunto", "assunto", "oggetto", "onderwerp", "ämne", "emne", "aihe",
        "temat", "předmět", "predmet", "tárgy", "subiect", "subiectul", "тема", "konu", "θέμα", "teema", "naslov",
        "נושא", "الموضوع", "موضوع", "chủ đề", "tiêu đề", "เรื่อง", "subjek", "perihal", "主题", "主旨", "主題",
        "件名", "题目", "제목",
    ),
}  # fmt: skip
_KIND = {label: kind for kind, labels in _LABELS.items() for label in labels}
_LONGEST_LABEL = max(map(len, _KIND))
_INLINE = re.compile(rf"(?<!\S)({'|'.join(sorted(map(re.escape, _KIND), key=len, reverse=True))})\s?:(?!\S*//)")
_ANSWERS = re.compile(
    r"\s*(?:re|aw|sv|vs|odp|tr|rv|rif|ref|antw?|antwort|res|r|ynt|at|回复|回覆|答复|fwd?)\s?(?:\[\d+\])?:"
)
_DAY = re.compile(r"(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2}")


def label(line: str) -> str:
    """What a line like "Betreff: …" is labelled as ("subject"), "" if it is no header line."""
    colon = line.find(":", 0, _LONGEST_LABEL + 12)
    if colon < 0:
        colon = line.find("：", 0, _LONGEST_LABEL + 12)
    return _kind(line[:colon]) if colon > 0 else ""


@lru_cache(maxsize=1024)
def _kind(word: str) -> str:
    return _KIND.get(plain(word), "")


def header_block(lines: Sequence[str], start: int) -> int:
    """How many lines from `start` on are a copied mail header; 0 if none. `start` has a label."""
    values: dict[str, str] = {}
    last, again = start, 0
    for at in range(start, min(start + _WITHIN, len(lines))):
        kind = label(lines[at])
        if kind in values:
            again += 1
        elif kind:
            values[kind] = _value(lines, at)
        if kind and again <= _MOST_AGAIN:
            last = at
        elif again > _MOST_AGAIN or at - last > _MOST_BETWEEN or _is_over(lines, at, last, len(values)):
            break
    if _is_header(list(values), values):
        return _end_of_values(lines, last) - start
    return 1 if _is_header_in_one_line(plain(lines[start])) else 0


def _value(lines: Sequence[str], at: int) -> str:
    """What stands behind the colon, or on the next line where nothing does."""
    behind = plain(lines[at]).partition(":")[2].strip()
    return behind or (plain(lines[at + 1]) if at + 1 < len(lines) else "")


def _is_over(lines: Sequence[str], at: int, last: int, kinds: int) -> bool:
    """Whether all is there and no more will come: attachments and importance are named at the end of a header."""
    return kinds == len(_LABELS) and not (at == last + 1 and any(label(line) for line in lines[at + 1 : at + 3]))


def _is_header(order: Sequence[str], values: dict[str, str]) -> bool:
    """Web forms and journeys resemble this: three of the four need an address, or the subject of an answer."""
    kinds = set(order)
    if len(kinds) == len(_LABELS):
        return order[0] in ("from", "sent") or "@" in values["from"] or _DAY.search(values["sent"]) is not None
    if {"from", "sent", "to"} <= kinds:
        return "@" in values["from"] or "@" in values["to"]
    answers = "subject" in kinds and _ANSWERS.match(values["subject"]) is not None
    return answers and "from" in kinds and len(kinds) == 3


def _end_of_values(lines: Sequence[str], last: int) -> int:
    """One past the last label, and past its value where that stands on the next line."""
    alone = not plain(lines[last]).partition(":")[2].strip()
    return last + 1 + int(alone and last + 1 < len(lines) and bool(lines[last + 1]))


def _is_header_in_one_line(line: str) -> bool:
    found = [_KIND[match[1]] for match in _INLINE.finditer(line)]
    return found[:1] == ["from"] and {"sent", "to", "subject"} <= set(found)
