"""Texts that nobody should send, and somebody will."""

from __future__ import annotations

import base64
import random

HOSTILE: dict[str, str] = {
    "empty": "",
    "blank": " \n\t \n",
    "one letter": "x",
    "emoji": "😡" * 500,
    "a megabyte": "charged me twice and nobody answers " * 30_000,
    "one word of a megabyte": "a" * 1_000_000,
    "base64": base64.b64encode(random.Random(1).randbytes(40_000)).decode(),
    "control characters": "".join(map(chr, range(32))) + "\x7f\x80\x9f where is my order?",
    "escape sequences": "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "Cyrillic": "Я писал вам три раза, и никто не ответил. Где мой заказ?",
    "Chinese": "我给你们写了三封邮件，没有人回复。请退款！",
    "Arabic": "كتبت لكم ثلاث مرات ولم يرد أحد. أين طلبي؟",
    "turned around": "\u202egnihton\u202c \u2066x\u2069",
    "half a character": "never \ud83d answered \udc00",
    "no characters": "\ufffe\uffff\x00",
    "letters that grow when lowered": "İSTANBUL İ" * 50,
    "combining marks": "z̴̧̛a̷l̸g̶o" * 300,
    "only punctuation": "?!.,;:-()[]{}'\"…" * 200,
    "nested repeats": "no " * 1000 + "a" * 1000,
    "links": "https://" + "a." * 1000 + " www." + "@" * 1000,
    "addresses": "a" * 64 + "@" + "b-" * 500,
}
