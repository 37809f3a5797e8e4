"""Who asks is waited for; who thanks or tells is not."""

from __future__ import annotations

import pytest

from bot.domain.message import Direction
from bot.domain.silence import awaits_answer
from tests.fakes.build import COLLEAGUE, IGNORED, MISTAKE, NOTHING, message

QUESTIONS = [
    "When will my parcel arrive?",
    "Please send me the invoice.",
    "Could you check this",
    "I'd like to change my address.",
    "Bitte schicken Sie mir die Rechnung.",
    "Könnten Sie das prüfen",
    "Ich brauche einen Beleg.",
    "¿Dónde está mi pedido?",
    "Por favor, envíenme la factura.",
    "Necesito un recibo.",
    "PODRÍA revisarlo",
    "Gostaria de mudar a morada.",
    "Preciso de ajuda.",
    "Pourriez-vous vérifier",
    "S'il vous plaît, envoyez la facture.",
    "Je voudrais changer d'adresse.",
]
STATEMENTS = [
    "",
    "Thank you, all is well now.",
    "Danke, alles bestens.",
    "Gracias, ya llegó todo.",
    "Obrigado, já chegou.",
    "Merci, tout est arrivé.",
    "The pleased customer says hello.",
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_or_a_wish_in_any_of_the_five_languages_awaits_an_answer(text: str) -> None:
    assert awaits_answer(message(text), None)


@pytest.mark.parametrize("text", STATEMENTS)
def test_thanks_and_news_await_nothing(text: str) -> None:
    assert not awaits_answer(message(text), NOTHING)


def test_a_complaint_awaits_an_answer_even_if_it_asks_nothing() -> None:
    assert awaits_answer(message("You charged me twice."), MISTAKE)
    assert awaits_answer(message("Third mail now."), IGNORED)
    assert not awaits_answer(message("You charged me twice."), None)


@pytest.mark.parametrize("direction", [Direction.FROM_US, Direction.AUTOMATIC])
def test_nobody_waits_for_an_answer_to_our_own_or_automatic_mail(direction: Direction) -> None:
    ours = message("Could you tell us your order number?", direction=direction, sender=COLLEAGUE)
    assert not awaits_answer(ours, MISTAKE)
