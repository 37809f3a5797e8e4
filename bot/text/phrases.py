"""What mail programs write around people's words, in the languages that they speak. Lower case, plain apostrophes.

Only program text belongs here: a phrase that a person could start a sentence with would hide what they wrote.
"""

from __future__ import annotations

# "On Monday, Ann wrote:" begins with one of the first and has one of the second.
ATTRIBUTION_OPENERS = frozenset({"on", "am", "le", "el", "em", "op", "il", "a", "den"})
ATTRIBUTION_VERBS = (
    "wrote", "schrieb", "a écrit", "escribió", "escribio", "escreveu", "schreef", "ha scritto", "skrev",
)  # fmt: skip

# The labels of a header block, by what they stand for.
HEADER_LABELS = {
    "from": {"from", "von", "de", "da", "van", "från", "fra", "expéditeur"},
    "sent": {
        "sent", "date", "gesendet", "datum", "envoyé", "enviado", "enviado el", "enviada em", "enviado em", "fecha",
        "data", "data/ora", "inviato", "verzonden", "skickat", "sendt", "dato",
    },
    "to": {"to", "an", "à", "para", "a", "aan", "till", "til", "destinataire", "destinatario", "cc", "kopie", "copie"},
    "subject": {"subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "ämne", "emne"},
}  # fmt: skip

# Between dashes: a quoted mail follows.
ORIGINAL_MESSAGE = frozenset({
    "original message", "original email", "ursprüngliche nachricht", "urspruengliche nachricht", "originalnachricht",
    "original-nachricht", "message d'origine", "message original", "mensaje original", "mensagem original",
    "messaggio originale", "messaggio originario", "oorspronkelijk bericht", "ursprungligt meddelande",
    "oprindelig meddelelse",
})  # fmt: skip

# Somebody passes a mail on: what follows is the message.
FORWARDED_MESSAGE = (
    "forwarded message", "begin forwarded message", "forwarded by", "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht", "beginn der weitergeleiteten nachricht", "message transféré",
    "message transfere", "début du message transféré", "début du message réexpédié", "mensaje reenviado",
    "inicio del mensaje reenviado", "mensagem encaminhada", "mensagem reencaminhada", "início da mensagem encaminhada",
    "messaggio inoltrato", "inizio messaggio inoltrato", "doorgestuurd bericht", "begin doorgestuurd bericht",
)  # fmt: skip

# The last line of a mail from a telephone begins with one of the first, or has both halves of one of the second,
# and names one of the things.
FOOTER_OPENERS = (
    "sent from", "sent with proton", "sent via blackberry", "get outlook for", "download outlook for",
    "gesendet von", "gesendet mit", "gesendet über", "holen sie sich outlook", "envoyé de", "envoyé depuis",
    "envoyé à partir", "télécharger outlook", "obtenez outlook", "enviado desde", "obtener outlook", "obtén outlook",
    "enviado do", "enviado de", "enviado a partir", "obter o outlook", "inviato da", "scarica outlook",
    "ottieni outlook", "verzonden vanaf", "verzonden met", "verstuurd vanaf", "download outlook voor",
)  # fmt: skip
FOOTER_HALVES = (("von mein", "gesendet"), ("diese nachricht wurde von mein", "gesendet"))
FOOTER_THINGS = frozenset({
    "iphone", "ipad", "ipod", "phone", "mobile", "android", "samsung", "galaxy", "huawei", "blackberry", "xperia",
    "pixel", "oneplus", "xiaomi", "redmi", "motorola", "nokia", "fairphone", "tablet", "device", "smartphone", "cell",
    "cellphone", "handset", "handy", "mobiltelefon", "telefon", "móvil", "teléfono", "téléphone", "portable", "mobiel",
    "telefoon", "telemóvel", "celular", "cellulare", "telefonino", "smartphones", "outlook", "yahoo", "gmail", "proton",
    "protonmail", "gmx", "web.de", "k-9", "windows", "macbook", "android-gerät", "android-mobiltelefon", "ios",
    "courrier", "thunderbird", "bluemail",
})  # fmt: skip

# A legal notice begins with one of the first and speaks of at least two of the second.
NOTICE_OPENERS = (
    "this e-mail", "this email", "this message", "this communication", "this transmission", "the information contained",
    "the information in this", "the contents of this", "confidentiality", "confidential", "disclaimer", "privileged",
    "diese e-mail", "diese email", "diese nachricht", "der inhalt dieser", "vertraulich", "ce message", "ce courriel",
    "cet e-mail", "cet email", "les informations contenues", "avis de confidentialité", "este mensaje", "este correo",
    "este e-mail", "esta mensagem", "aviso legal", "aviso de confidencialidade", "la información contenida",
    "as informações contidas", "questo messaggio", "questa e-mail", "le informazioni contenute", "dit bericht",
    "deze e-mail", "de informatie in dit", "de inhoud van dit",
)  # fmt: skip
NOTICE_THEMES = (
    ("confidential", "vertraulich", "confidentiel", "confidencial", "riservat", "vertrouwelijk", "privileged"),
    ("intended", "addressee", "bestimmt", "adressat", "destiné", "destinataire", "destinatario", "destinatário",
     "dirigid", "destinad", "bestemd", "geadresseerde"),
    ("in error", "by mistake", "irrtümlich", "par erreur", "por error", "por engano", "per errore", "abusivamente",
     "onterecht", "bij vergissing", "ten onrechte", "not the intended", "nicht der richtige"),
    ("prohibited", "unauthori", "unbefugt", "nicht gestattet", "untersagt", "interdit", "prohibid", "proibid", "vietat",
     "verboden", "niet toegestaan", "disclos", "dissemination", "copying"),
    ("delete", "destroy", "löschen", "vernichten", "supprim", "détruire", "elimin", "borr", "apagar", "cancell",
     "distrugger", "verwijder", "vernietig"),
)  # fmt: skip
