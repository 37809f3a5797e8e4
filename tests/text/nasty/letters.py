"""Letters under wrong, missing, rare and broken labels."""

from __future__ import annotations

import base64
import quopri

from tests.text.nasty.case import TOP, Nasty, mail, text

GERMAN = "Über drei Wochen ohne Antwort – für 49 €? Das ärgert mich größer als Müllers Katze."
FRENCH = "Déjà payé, jamais reçu : où est ma théière à 30 € ?"
RUSSIAN = "Чайник пришёл разбитым, верните деньги."
UKRAINIAN = "Де моє замовлення? Їжак на ґанку відповів би швидше."
JAPANESE = "急須がまだ届きません。返金してください。"
CHINESE = "茶壶坏了，至今没有人回复我。"
RARE_CHINESE = "茶壶坏了，陶喆与朱镕基。"
TRADITIONAL = "茶壺壞了，請退款給我。"
KOREAN = "주전자가 새고 있어요. 환불해 주세요."
VIETNAMESE = "Ấm trà bị vỡ, xin hoàn tiền."
TURKISH = "Çaydanlık kırık geldi, ışığı da yanmıyor."
GREEK = "Ο βραστήρας στάζει παντού."
HEBREW = "הקומקום דולף כבר שבועיים."
ARABIC = "الغلاية مكسورة ولم يرد أحد."
THAI = "กาน้ำชาแตก ขอเงินคืน"
POLISH = "Czajnik cieknie, proszę o zwrot pieniędzy. Żółć!"

CASES = {
    "german without a label, in windows-1252": Nasty(mail(GERMAN.encode("cp1252")), GERMAN),
    "german without a label, in utf-8": Nasty(mail(GERMAN.encode()), GERMAN),
    "no mime header at all, in utf-8": Nasty(
        TOP.replace(b"MIME-Version: 1.0\r\n", b"") + b"\r\n" + GERMAN.encode(), GERMAN
    ),
    "utf-8 that calls itself us-ascii": Nasty(text(FRENCH.encode(), "us-ascii"), FRENCH),
    "utf-8 that calls itself iso-8859-1": Nasty(text(FRENCH.encode(), "iso-8859-1"), FRENCH),
    "windows-1252 that calls itself utf-8": Nasty(text(FRENCH.encode("cp1252"), "utf-8"), FRENCH),
    "windows-1252 that calls itself iso-8859-1": Nasty(text(FRENCH.encode("cp1252"), "ISO-8859-1"), FRENCH),
    "unknown-8bit": Nasty(text(GERMAN.encode("cp1252"), "unknown-8bit"), GERMAN),
    "a label of three thousand letters": Nasty(text(GERMAN.encode(), "y" * 3000), GERMAN),
    "an empty label": Nasty(text(GERMAN.encode(), ""), GERMAN),
    "a label that is a codec and no charset": Nasty(text(b"It leaks.", "punycode"), "It leaks."),
    "a label in an encoded word": Nasty(text(FRENCH.encode(), "=?us-ascii?Q?utf-8?="), FRENCH),
    "utf8mb4": Nasty(text("Der Kessel 🫖 läuft aus.".encode(), "utf8mb4"), "Der Kessel 🫖 läuft aus."),
    "windows-1258": Nasty(text("Âm trà vỡ".encode("cp1258", "ignore") + b" \xe2m", "windows-1258"), "Âm trà v âm"),
    "vietnamese in utf-8": Nasty(text(VIETNAMESE.encode(), "utf-8"), VIETNAMESE),
    "koi8-r": Nasty(text(RUSSIAN.encode("koi8-r"), "KOI8-R"), RUSSIAN),
    "koi8-u": Nasty(text(UKRAINIAN.encode("koi8-u"), "koi8-u"), UKRAINIAN),
    "windows-1251 in quoted-printable": Nasty(
        text(quopri.encodestring(RUSSIAN.encode("cp1251")), "windows-1251", b"quoted-printable"), RUSSIAN
    ),
    "iso-2022-jp": Nasty(text(JAPANESE.encode("iso2022_jp"), "ISO-2022-JP", b"7bit"), JAPANESE),
    "iso-2022-jp without a label": Nasty(mail(JAPANESE.encode("iso2022_jp")), JAPANESE),
    "shift_jis": Nasty(text(JAPANESE.encode("cp932"), "Shift_JIS"), JAPANESE),
    "gb2312": Nasty(text(CHINESE.encode("gb2312"), "gb2312"), CHINESE),
    "gb18030 that calls itself gb2312": Nasty(text(RARE_CHINESE.encode("gb18030"), "gb2312"), RARE_CHINESE),
    "gb2312 with a foreign byte": Nasty(
        text(CHINESE.encode("gb2312") + b"\r\n\xff ok", "gb2312"), CHINESE + "\n\ufffd ok"
    ),
    "big5": Nasty(text(TRADITIONAL.encode("big5"), "big5"), TRADITIONAL),
    "euc-kr": Nasty(text(KOREAN.encode("euc_kr"), "ks_c_5601-1987"), KOREAN),
    "iso-8859-9": Nasty(text(TURKISH.encode("iso8859-9"), "iso-8859-9"), TURKISH),
    "iso-8859-7": Nasty(text(GREEK.encode("iso8859-7"), "iso-8859-7"), GREEK),
    "iso-8859-8-i": Nasty(text(HEBREW.encode("iso8859-8"), "iso-8859-8-i"), HEBREW),
    "windows-1256": Nasty(text(ARABIC.encode("cp1256"), "windows-1256"), ARABIC),
    "tis-620": Nasty(text(THAI.encode("tis-620"), "TIS-620"), THAI),
    "iso-8859-2": Nasty(text(POLISH.encode("iso8859-2"), "iso-8859-2"), POLISH),
    "utf-16 in base64": Nasty(text(base64.encodebytes(FRENCH.encode("utf-16")), "utf-16", b"base64"), FRENCH),
    "plain letters that call themselves utf-16": Nasty(text(b"It leaks.", "utf-16"), "It leaks."),
    "utf-7": Nasty(text(FRENCH.encode("utf-7"), "utf-7", b"7bit"), FRENCH),
    "half a surrogate pair in utf-7": Nasty(text(b"It +2D0- leaks.", "utf-7", b"7bit"), "It \ufffd leaks."),
    "a byte order mark": Nasty(text(b"\xef\xbb\xbf" + FRENCH.encode(), "utf-8"), FRENCH),
    "nul and control characters": Nasty(text(b"It\0 le\x07aks\x1b.\r\n\x7fBye", "utf-8"), "It leaks.\nBye"),
    "a last letter cut in two": Nasty(
        text("Für mich ist das ärgerlich ü".encode()[:-1], "utf-8"), "Für mich ist das ärgerlich"
    ),
    "line separators": Nasty(text("one\u2028two\x85three".encode(), "utf-8"), "one\ntwo\nthree"),
}
