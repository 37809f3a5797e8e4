"""What unhappy customers say will come next, in five languages, and what only sounds like it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.alert import Threat
from bot.domain.threats import threats

POST, LEAVE, BACK = Threat.POST, Threat.LEAVE, Threat.CHARGE_BACK

SAID: dict[Threat, list[str]] = {
    POST: [
        "If the lamp is not here by Friday, I will post about this on Twitter.",
        "I’ll leave you a one-star review.",
        "Then we are going to go public.",
        "I'm going to tell everyone I know.",
        "Reply today or I will take this to the press!",
        "I will be writing a terrible review",
        "Sonst werde ich das auf Facebook posten.",
        "Andernfalls werde ich eine schlechte Bewertung schreiben.",
        "Dann gehe ich damit an die Presse.",
        "Ich mache das öffentlich.",
        "Sans réponse, je vais tout raconter sur les réseaux sociaux.",
        "Je laisserai un avis négatif.",
        "J’alerterai la presse.",
        "Lo voy a publicar en Twitter si nadie contesta.",
        "Les dejaré una mala reseña.",
        "Lo haré público.",
        "Vou expor isto nas redes sociais.",
        "Vou reclamar no Reclame Aqui.",
        "Deixarei uma avaliação negativa.",
    ],
    LEAVE: [
        "I will cancel my account.",
        "If you don't reply I will cancel my account",
        "We're leaving you for good",
        "I am closing my account today.",
        "We will switch to another provider.",
        "I'll take my business elsewhere.",
        "I will never order from you again.",
        "You are going to lose a customer.",
        "I will not only cancel my subscription but ask for a refund too.",
        "Wenn ich bis Freitag nichts höre, kündige ich mein Abo.",
        "Ich werde meinen Vertrag kuendigen.",
        "Wir wechseln noch heute, und ich gehe zur Konkurrenz.",
        "Bei Ihnen bestelle ich nie wieder.",
        "Sonst sind Sie mich als Kunden los.",
        "Sans remboursement, je vais résilier mon contrat.",
        "Je vous quitte.",
        "J'irai à la concurrence.",
        "Je ne commanderai plus jamais chez vous.",
        "Vous allez perdre un client fidèle.",
        "Voy a cancelar mi cuenta.",
        "Me doy de baja.",
        "Me paso a la competencia.",
        "No volveré a comprar aquí.",
        "Van a perder un cliente.",
        "Vou cancelar a minha assinatura.",
        "Vou mudar para a concorrência.",
        "Nunca mais compro nesta loja.",
        "Vão perder uma cliente.",
    ],
    BACK: [
        "I will dispute the charge with my bank.",
        "I'll dispute all of them with my bank.",
        "We are going to file a chargeback.",
        "I will ask my bank to reverse the payment.",
        "I'll open a PayPal dispute tomorrow.",
        "Expect a chargeback.",
        "Then I will take this up with my bank.",
        "Ich lasse die Zahlung zurückbuchen.",
        "Dann hole ich mir das Geld über die Bank zurück.",
        "Ich werde den Betrag zurückbuchen.",
        "Ich schalte meine Bank ein.",
        "Je vais contester le paiement.",
        "Je ferai opposition au prélèvement.",
        "J’ouvrirai un litige PayPal.",
        "Voy a disputar el cargo.",
        "Devolveré el recibo.",
        "Voy a abrir una disputa en PayPal.",
        "Vou contestar a cobrança.",
        "Vou pedir o estorno ao meu banco.",
        "Vou abrir uma disputa.",
    ],
}
HARMLESS = [
    # requests and questions
    "Please cancel my order 12.", "Could you cancel my subscription?", "How do I cancel my account?",
    "I would like to close my account, please.", "I will cancel my order and place a new one.",
    "Should I dispute the charge with my bank?",
    "Did I really say that I will cancel my account?", "Und damit kündige ich mein Abo?",
    "What happens if I cancel my account",
    "Bitte kündigen Sie mein Abo zum Monatsende.", "Wie kündige ich mein Konto?",
    "Hiermit kündige ich meinen Vertrag fristgerecht.", "Ich möchte mein Abo kündigen.",
    "Comment résilier mon contrat ?", "Merci de résilier mon abonnement.",
    "Quiero cancelar mi cuenta, por favor.", "¿Cómo cancelo mi cuenta?",
    "Quero cancelar a minha conta.", "Como cancelo a minha conta?",
    # denied
    "I won't leave.", "I will not cancel my account.", "I'm not going to post about this on Twitter.",
    "I don't think I will cancel my account.", "We will certainly not dispute the charge.",
    "Ich werde mein Konto nicht kündigen.", "Ich kündige mein Abo nicht.",
    "Ich werde keine schlechte Bewertung schreiben.",
    "Je ne vais pas résilier mon contrat.", "Je ne vais pas publier ça sur Facebook.",
    "No voy a cancelar mi cuenta.", "No lo voy a publicar en Twitter.",
    "Não vou cancelar a minha conta.", "Não vou contestar a cobrança.",
    # other things by the same words
    "I'll post the parcel tomorrow.", "I will post it back on Monday.", "I'll leave you a good review!",
    "We are leaving for France on Friday.", "I will leave the key with the neighbour.",
    "I'll go to my bank to pay the bill.",
    "I will ask my bank whether the transfer arrived.", "My colleague will tell you about our account.",
    "I will never forget how kind you were.", "You cancelled my account.", "They said that I will dispute the charge.",
    "I will buy from you again.", "I'll tell my wife.", "I will close my laptop.",
    "Ich werde die Bewertung morgen schreiben.", "Ich buche das Zimmer zurück ins System.", "Ich gehe zur Post.",
    "Ich habe mein Abo gekündigt.", "Ich werde woanders wohnen.",
    "Je vais changer de taille.", "Je vais publier une annonce.", "Je vous quitte un instant des yeux.",
    "Voy a cambiar de talla.", "Voy a poner la mesa.", "Me paso mañana por la tienda.",
    "Vou mudar de casa.", "Vou abrir a caixa amanhã.", "Vou pedir outro ao banco de jardim.",
    # to go to law is another thing
    "My lawyer will write to you.", "I will contact the ombudsman.", "Ich werde meinen Anwalt einschalten.",
]  # fmt: skip


@pytest.mark.parametrize(("threat", "text"), [(threat, text) for threat in SAID for text in SAID[threat]])
def test_a_threat_is_heard(threat: Threat, text: str) -> None:
    assert threats(text) == (threat,)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_sounds_like_a_threat_is_none(text: str) -> None:
    assert threats(text) == ()


def test_all_that_is_threatened_is_heard_once_and_in_order() -> None:
    text = (
        "I will dispute the charge with my bank. I will cancel my account! Yes, I'll cancel my account. I'll go public."
    )
    assert threats(text) == (POST, LEAVE, BACK)


def test_capitals_and_typographic_apostrophes_make_no_difference() -> None:
    assert threats("I’LL CANCEL MY ACCOUNT!!!") == (LEAVE,)


def test_a_negation_in_another_clause_takes_nothing_back() -> None:
    assert threats("Wenn ich nicht bis Montag von Ihnen höre, kündige ich mein Konto.") == (LEAVE,)
    assert threats("Nobody answers, and I am not amused: I will cancel my account.") == (LEAVE,)


some = ["i", "will", "not", "cancel", "my", "account", "ich", "kündige", "mein", "abo", "?", ",", "\ud83d", "x" * 99]


@given(st.text() | st.lists(st.sampled_from(some)).map(" ".join))
@example("i will " * 3000)
@example("i will a a a " * 3000)
@example("ich werde abo " * 3000)
@example("a" * 100_000)
@example("i'll" + " " * 100_000 + "cancel my account")
def test_any_text_has_threats_or_none(text: str) -> None:
    found = threats(text)
    assert list(found) == [threat for threat in Threat if threat in found]
