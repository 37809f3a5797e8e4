"""The sentences of a reply's draft in five languages. What stands in […] only a person knows; names are filled in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentences:
    """One language. `about` and `terms` are put into others; `hour` and `day` are (one, several)."""

    common: frozenset[str]
    hello: str
    hello_all: str
    about: str
    terms: str
    hour: tuple[str, str]
    day: tuple[str, str]
    urgent: str
    mistake: str
    ignored: str
    ignored_for: str
    also: str
    also_for: str
    waited: str
    times: str
    sorry: str
    happened: str
    answer: str
    doing: str
    amends: str
    promise: str
    name: str


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EN = Sentences(
    common=_words("the and you your my i is was not this that have has we with for it are me been but can when still"),
    hello="Hello {who},", hello_all="Hello,",
    about=" with “{subject}”", terms=": “{terms}”",
    hour=("an hour", "{n} hours"), day=("a day", "{n} days"),
    urgent="[Call first: this cannot wait for a mail.]",
    mistake="We made a mistake{about}: [what went wrong, in their terms{terms}].",
    ignored="You wrote to us about {asked}, and we did not answer.",
    ignored_for="You wrote to us about {asked}, and we did not answer for {wait}.",
    also="We also left you without an answer.", also_for="We also left you without an answer for {wait}.",
    waited="You have waited {wait} to hear from us.", times="You had to write {n} times.",
    sorry="This is our doing, and we apologise for it.",
    happened="What happened: [in one plain sentence, what we did or failed to do].",
    answer="Here is our answer: [what they asked for].",
    doing="We are putting it right: [what exactly], by [date].",
    amends="To make up for it: [amends worth what they expected of us].",
    promise="I will write to you by [date] to tell you that it is done. "
    "You can reach me directly at [phone or address].",
    name="[Your name]",
)  # fmt: skip

DE = Sentences(
    common=_words("der die das und ich nicht ist sie wir mir mich mein meine habe hat ein eine auf mit zu noch wann"),
    hello="Guten Tag {who},", hello_all="Guten Tag,",
    about=" bei „{subject}“", terms=": „{terms}“",
    hour=("eine Stunde", "{n} Stunden"), day=("einen Tag", "{n} Tage"),
    urgent="[Zuerst anrufen: Das kann nicht auf eine Mail warten.]",
    mistake="wir haben{about} einen Fehler gemacht: [was schiefging, in den Worten des Kunden{terms}].",
    ignored="Sie haben uns wegen {asked} geschrieben, und wir haben nicht geantwortet.",
    ignored_for="Sie haben uns wegen {asked} geschrieben, und wir haben {wait} lang nicht geantwortet.",
    also="Außerdem haben wir Sie ohne Antwort gelassen.",
    also_for="Außerdem haben wir Sie {wait} lang ohne Antwort gelassen.",
    waited="Sie haben {wait} lang darauf gewartet, von uns zu hören.", times="Sie mussten {n}-mal schreiben.",
    sorry="Das liegt an uns, und wir bitten Sie um Entschuldigung.",
    happened="Was geschehen ist: [in einem schlichten Satz, was wir getan oder versäumt haben].",
    answer="Hier ist unsere Antwort: [worum es dem Kunden ging].",
    doing="Wir bringen es in Ordnung: [was genau], bis zum [Datum].",
    amends="Als Wiedergutmachung: [was dem entspricht, was der Kunde von uns erwartet hat].",
    promise="Ich schreibe Ihnen bis zum [Datum], dass es erledigt ist. "
    "Mich erreichen Sie direkt unter [Telefon oder Adresse].",
    name="[Ihr Name]",
)  # fmt: skip

FR = Sentences(
    common=_words("le la les je vous pas est une que mon ma mes ne j'ai nous dans pour avec votre du au et suis"),
    hello="Bonjour {who},", hello_all="Bonjour,",
    about=" au sujet de « {subject} »", terms=" : « {terms} »",
    hour=("une heure", "{n} heures"), day=("un jour", "{n} jours"),
    urgent="[Appeler d'abord : cela ne peut pas attendre un message.]",
    mistake="Nous avons commis une erreur{about} : [ce qui s'est mal passé, dans les mots du client{terms}].",
    ignored="Vous nous avez écrit au sujet de {asked}, et nous ne vous avons pas répondu.",
    ignored_for="Vous nous avez écrit au sujet de {asked}, et nous ne vous avons pas répondu pendant {wait}.",
    also="Nous vous avons aussi laissé sans réponse.",
    also_for="Nous vous avons aussi laissé sans réponse pendant {wait}.",
    waited="Vous avez attendu {wait} une réponse de notre part.", times="Vous avez dû écrire {n} fois.",
    sorry="Cela vient de nous, et nous vous présentons nos excuses.",
    happened="Ce qui est arrivé : [en une phrase simple, ce que nous avons fait ou omis de faire].",
    answer="Voici notre réponse : [ce que le client demandait].",
    doing="Nous réparons cela : [quoi exactement], d'ici le [date].",
    amends="Pour nous rattraper : [un geste à la hauteur de ce que le client attendait de nous].",
    promise="Je vous écrirai d'ici le [date] pour vous dire que c'est fait. "
    "Vous me joignez directement : [téléphone ou adresse].",
    name="[Votre nom]",
)  # fmt: skip

ES = Sentences(
    common=_words("el los las que no mi me una es por con para y lo su pero desde he han ha del al sigo ya muy"),
    hello="Hola, {who}:", hello_all="Hola:",
    about=" con «{subject}»", terms=": «{terms}»",
    hour=("una hora", "{n} horas"), day=("un día", "{n} días"),
    urgent="[Llamar primero: esto no puede esperar a un correo.]",
    mistake="Cometimos un error{about}: [qué salió mal, en palabras del cliente{terms}].",
    ignored="Nos escribió por {asked} y no le respondimos.",
    ignored_for="Nos escribió por {asked} y no le respondimos durante {wait}.",
    also="Además, le dejamos sin respuesta.", also_for="Además, le dejamos sin respuesta durante {wait}.",
    waited="Ha esperado {wait} a saber de nosotros.", times="Tuvo que escribirnos {n} veces.",
    sorry="La responsabilidad es nuestra y le pedimos disculpas.",
    happened="Lo que pasó: [en una frase sencilla, qué hicimos o dejamos de hacer].",
    answer="Esta es nuestra respuesta: [lo que pedía el cliente].",
    doing="Lo estamos arreglando: [qué exactamente], antes del [fecha].",
    amends="Para compensarle: [algo a la altura de lo que el cliente esperaba de nosotros].",
    promise="Le escribiré antes del [fecha] para decirle que está hecho. "
    "Puede hablar conmigo directamente: [teléfono o dirección].",
    name="[Su nombre]",
)  # fmt: skip

PT = Sentences(
    common=_words("o os um uma não nao que meu minha me com para e é por do da em foi ainda já eu na no são está"),
    hello="Olá, {who},", hello_all="Olá,",
    about=" com “{subject}”", terms=": “{terms}”",
    hour=("uma hora", "{n} horas"), day=("um dia", "{n} dias"),
    urgent="[Ligar primeiro: isto não pode esperar por uma mensagem.]",
    mistake="Cometemos um erro{about}: [o que correu mal, nas palavras do cliente{terms}].",
    ignored="Recebemos a sua mensagem sobre {asked} e não respondemos.",
    ignored_for="Recebemos a sua mensagem sobre {asked} e não respondemos durante {wait}.",
    also="Além disso, ficou sem resposta nossa.", also_for="Além disso, ficou sem resposta nossa durante {wait}.",
    waited="Esperou {wait} por notícias nossas.", times="Precisou de escrever {n} vezes.",
    sorry="A responsabilidade é nossa e pedimos desculpa.",
    happened="O que aconteceu: [numa frase simples, o que fizemos ou deixámos de fazer].",
    answer="Esta é a nossa resposta: [o que o cliente pedia].",
    doing="Estamos a resolver: [o quê exatamente], até [data].",
    amends="Para compensar: [algo à altura do que o cliente esperava de nós].",
    promise="Vou escrever-lhe até [data] para dizer que está feito. "
    "Pode falar comigo diretamente: [telefone ou endereço].",
    name="[O seu nome]",
)  # fmt: skip

# What is asked about where the mail has no subject.
ASKED = {"en": "a request", "de": "eines Anliegens", "fr": "une demande", "es": "una consulta", "pt": "um pedido"}
LANGUAGES = {"en": EN, "de": DE, "fr": FR, "es": ES, "pt": PT}
