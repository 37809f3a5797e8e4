"""What a writer wrote and what they quoted, in the languages of their mail programs. When in doubt all is new."""

from __future__ import annotations

from typing import Any

import pytest

from bot.text.quoting import split

OWN = "The lid is still missing."
OLD = "We will send the lid today."


def quoted_of(text: str) -> str:
    new, quoted = split(text)
    assert new == OWN
    return quoted


def test_text_without_quotation_is_all_new() -> None:
    assert split("Hello,\n\nthe lid is missing.\n\nGwen") == ("Hello,\n\nthe lid is missing.\n\nGwen", "")


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 2 Mar 2026 at 10:41, Tea Shop wrote:",
        "On Mon, 2 Mar 2026 at 10:41, Tea Shop <help@example.org> wrote:",
        "Am 02.03.2026 um 10:41 schrieb Tea Shop <help@example.org>:",
        "Am Mo., 2. März 2026 um 10:41 Uhr schrieb Tea Shop:",
        "Le lun. 2 mars 2026 à 10:41, Tea Shop <help@example.org> a écrit\u00a0:",
        "El lun, 2 mar 2026 a las 10:41, Tea Shop escribió:",
        "Em seg., 2 de mar. de 2026 às 10:41, Tea Shop escreveu:",
        "Op ma 2 mrt 2026 om 10:41 schreef Tea Shop:",
        "Il giorno lun 2 mar 2026 alle ore 10:41 Tea Shop ha scritto:",
        "Den mån 2 mars 2026 kl 10:41 skrev Tea Shop:",
        "Tea Shop <help@example.org> wrote:",
        "Tea Shop wrote:",
        "On Mon, 2 Mar 2026 at 10:41, Tea Shop\n<help@example.org> wrote:",
        "Am 02.03.2026 um 10:41 schrieb\nTea Shop\n<help@example.org>:",
        "Le lun. 2 mars 2026 à 10:41, Tea Shop <help@example.org> a\nécrit :",
    ],
)
def test_an_attribution_above_marked_lines_is_quoted_with_them(attribution: str) -> None:
    assert quoted_of(f"{OWN}\n\n{attribution}\n\n> {OLD}\n> Mara\n").startswith(attribution)


def test_an_attribution_with_date_time_and_address_needs_no_marks() -> None:
    attribution = "On Mon, 2 Mar 2026 at 10:41, Tea Shop <help@example.org> wrote:"
    assert quoted_of(f"{OWN}\n\n{attribution}\n{OLD}\n") == f"{attribution}\n{OLD}"


@pytest.mark.parametrize(
    "sentence",
    ["On Monday your colleague wrote:", "On 2 March 2026 at 10:41 you wrote:", "Am 2. März schrieb mir Ihr Kollege:"],
)
def test_a_customer_who_tells_what_we_wrote_is_heard_to_the_end(sentence: str) -> None:
    text = f"{sentence}\n{OLD}\n\nThat was a week ago. {OWN}"
    assert split(text) == (text, "")


@pytest.mark.parametrize(
    "labels",
    [
        ("From", "Sent", "To", "Subject"),
        ("Von", "Gesendet", "An", "Betreff"),
        ("De", "Envoyé", "À", "Objet"),
        ("De", "Enviado el", "Para", "Asunto"),
        ("De", "Enviada em", "Para", "Assunto"),
        ("Da", "Inviato", "A", "Oggetto"),
        ("Van", "Verzonden", "Aan", "Onderwerp"),
        ("*From*", "*Date*", "*To*", "*Subject*"),
        ("From ", "Sent ", "To ", "Subject "),
    ],
)
@pytest.mark.parametrize("rule", ["", "________________________________\n", "________________\n\n", "-----\n"])
def test_a_copied_mail_header_begins_the_quotation(labels: tuple[Any, ...], rule: str) -> None:
    values = ("Tea Shop <help@example.org>", "Monday, 2 March 2026 10:41", "Gwen", "Re: My order")
    block = "\n".join(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    assert quoted_of(f"{OWN}\n\n{rule}{block}\n\n{OLD}\n").endswith(OLD)


def test_a_copied_header_may_begin_with_the_date() -> None:
    block = "Gesendet: Montag, 2. März 2026 um 10:41 Uhr\nVon: Tea Shop\nAn: Gwen\nBetreff: Re: Deckel"
    assert quoted_of(f"{OWN}\n\n{block}\n{OLD}") == f"{block}\n{OLD}"


@pytest.mark.parametrize("rule", ["", "--------\n"])
def test_a_web_form_that_looks_like_a_header_is_new(rule: str) -> None:
    text = f"New message from your form:\n{rule}\nFrom: Gwen\nDate: 2 March\nSubject: lid\n\n{OWN}"
    assert split(text) == (text, "")


@pytest.mark.parametrize(
    "words",
    [
        "Original Message", "Ursprüngliche Nachricht", "Message d’origine", "Mensaje original", "Mensagem original",
        "Messaggio originale", "Oorspronkelijk bericht",
    ],
)  # fmt: skip
def test_original_message_lines_begin_the_quotation(words: str) -> None:
    assert quoted_of(f"{OWN}\n\n-----{words}-----\nFrom: Tea Shop\n\n{OLD}").endswith(OLD)


def test_answers_between_quoted_lines_are_new() -> None:
    text = "On Monday Tea Shop wrote:\n> Which order?\nNumber 17.\n\n> What is missing?\nThe lid.\n"
    assert split(text) == (
        "Number 17.\n\nThe lid.",
        "On Monday Tea Shop wrote:\n> Which order?\n> What is missing?",
    )


def test_an_answer_below_the_quotation_is_new() -> None:
    assert split(f"Tea Shop wrote:\n> {OLD}\n\n{OWN}\n")[0] == OWN


def test_a_reply_that_only_quotes_is_new() -> None:
    assert split(f"> {OLD}\n> Mara") == (f"> {OLD}\n> Mara", "")
    assert split("-----Original Message-----\nFrom: Tea Shop\nHello")[1] == ""


@pytest.mark.parametrize(
    "footer",
    [
        "Sent from my iPhone",
        "Sent from my phone",
        "Get Outlook for iOS<https://example.com/x>",
        "Sent from Yahoo Mail on Android",
        "Von meinem iPhone gesendet",
        "Gesendet mit der GMX Mail App",
        "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "-- \nGwen Frost\nBookbinder\nwww.example.com",
        "--\nGwen Frost",
        "-- \nGwen Frost\n\nSent from my iPad",
        "This email and any attachments are confidential and intended solely for the addressee.",
        "CONFIDENTIALITY NOTICE: This message is intended for the addressee.\nIf you received it in error, delete it.",
        "Diese E-Mail ist vertraulich. Wenn Sie nicht der richtige Adressat sind, vernichten Sie sie.",
        "Ce message est confidentiel et destiné au seul destinataire.",
        "Sent from my iPhone\n\n\n",
    ],
)
def test_signatures_footers_and_notices_at_the_end_are_no_new_words(footer: str) -> None:
    assert quoted_of(f"{OWN}\n\n{footer}") == footer.replace(" \n", "\n").strip("\n")


def test_the_footer_of_a_telephone_above_the_quotation_goes_too() -> None:
    assert quoted_of(f"{OWN}\n\nSent from my phone\n\n> On 2 Mar 2026 Tea Shop wrote:\n> {OLD}\n").startswith(
        "Sent from"
    )


@pytest.mark.parametrize(
    "ending",
    [
        "Sent from my garden, where the parcel was left in the rain.",
        "Von meinem Handy aus kann ich die Rechnung nicht öffnen.",
        "--\nGwen\n\nPS: you charged me twice.",
        "--\n" + "\n".join(f"Point {number}: it leaks." for number in range(20)),
        "You sent me a stranger's bill that says 'intended for the addressee, confidential'.",
        "This email is the third that I write.",
    ],
)
def test_words_that_only_resemble_an_ending_are_kept(ending: str) -> None:
    assert split(f"{OWN}\n\n{ending}") == (f"{OWN}\n\n{ending}", "")


@pytest.mark.parametrize(
    "marker",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "---------- Message transféré ---------",
        "---------- Mensaje reenviado ---------",
    ],
)
def test_a_forwarded_message_is_new_with_all_that_it_quotes(marker: str) -> None:
    text = f"Look at this.\n\n{marker}\nFrom: A\nSent: today\nTo: B\nSubject: lid\n\n{OWN}\n> {OLD}"
    assert split(text) == (text, "")


def test_nothing_is_lost_between_the_two() -> None:
    text = f"{OWN}\n\nOn Monday Tea Shop wrote:\n> {OLD}\n\nReally.\n-- \nGwen"
    new, quoted = split(text)
    assert sorted(f"{new}\n{quoted}".split()) == sorted(text.split())


def test_blank_text_is_blank() -> None:
    assert split("") == ("", "")
    assert split(" \n\n\t") == ("", "")


@pytest.mark.parametrize(
    "told",
    [
        'On 02/03/2026 at 10:41 Peter Stone wrote:\n\n"We will refund you."\n\nNobody did.',
        "I wrote to help@example.org on 2 March 2026 at 10:41 and this is what Mara wrote:\n\nNo.\n\nWhy?",
        "From: London\nTo: Glasgow\nDate: 12 March 2026, 10:41\n\nThat train was cancelled.",
        "- From: my old name\n- Date: yesterday\n- To: nobody\n- Subject: none\n\nAll four are wrong.",
        "Outlook für Mac zeigt die Rechnung nicht an.",
        "Envoyé par courrier recommandé le 3 mars.",
    ],
)
def test_what_people_write_in_the_manner_of_programs_is_theirs(told: str) -> None:
    assert split(f"{OWN}\n\n{told}") == (f"{OWN}\n\n{told}", "")


def test_an_attribution_is_found_across_the_lines_it_was_wrapped_to() -> None:
    wrapped = "On Mon, Mar 2, 2026 at 10:41 AM\nTea Shop\n<help@example.org>\nwrote:"
    assert quoted_of(f"{OWN}\n\n{wrapped}\n\n{OLD}") == f"{wrapped}\n\n{OLD}"


def test_ones_own_line_above_an_attribution_stays() -> None:
    text = f"It broke on 2 March.\nTea Shop <help@example.org> wrote:\n> {OLD}"
    assert split(text)[0] == "It broke on 2 March."


def test_the_rest_of_a_quoted_line_that_was_wrapped_is_quoted() -> None:
    line = "> We will send the lid today, and you will have it in your hands by the end of"
    assert quoted_of(f"{OWN}\n\n{line}\nthis week\n> at the latest.") == f"{line}\nthis week\n> at the latest."


FOOTER = "Tea Shop, 1 Harbour Lane\nYour ticket is handled within two days."


@pytest.mark.parametrize(
    "found",
    [
        FOOTER,
        FOOTER.upper(),
        FOOTER.replace(" ", "  "),
        "Tea Shop,\n1 Harbour\nLane Your ticket is handled\nwithin two days.",
    ],
)
def test_our_own_footers_are_quoted_however_they_are_wrapped(found: str) -> None:
    assert split(f"{found}\n\n{OWN}\n\n{found}", [FOOTER]) == (OWN, f"{found}\n{found}")


@pytest.mark.parametrize("footer", ["", " ", "Tea Shop", "lid is still", OWN + " Really."])
def test_a_footer_counts_only_as_whole_lines(footer: str) -> None:
    text = f"{OWN}\nTea Shop, are you there?"
    assert split(text, [footer]) == (text, "")


def test_a_mail_that_is_nothing_but_our_footer_is_kept() -> None:
    assert split(FOOTER, [FOOTER]) == (FOOTER, "")
