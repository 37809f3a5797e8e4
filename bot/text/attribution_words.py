"""The words of which attributions are made, in the languages of mail programs. Lower case, plain apostrophes."""

from __future__ import annotations

# "On Monday, Ann wrote:" begins with one of these, or with the date itself.
OPENERS = frozenset({
    "on", "at", "am", "le", "el", "em", "op", "il", "in", "a", "den", "d.", "w", "dnia", "dne", "dňa", "na", "vào",
    "lúc", "στις", "την", "στην", "în", "la", "pe", "på", "u", "v", "o", "у", "в", "на", "pada", "在", "于", "於",
    "ngày", "בתאריך", "ב-", "في", "בתאריך:", "missatge", "kasutaja", "von", "from",
})  # fmt: skip
# Of these it has one, at its end or before the name.
VERBS = (
    "wrote", "writes", "schrieb", "schrieben", "schreibt", "geschrieben", "a écrit", "a ecrit", "écrivait",
    "escribió", "escribio", "va escriure", "ha escrit", "escreveu", "ha scritto", "scrive", "schreef", "geschreven",
    "skrev", "skrev følgende", "skrev följande", "kirjoitti", "napisał", "napisała", "napisał(a)", "napisał(-a)",
    "napisał/a", "pisze", "napsal", "napsala", "napsal(a)", "napísal(a)", "napísal", "napísala", "ezt írta", "írta",
    "a scris", "написал", "написала", "написал(а)", "написал/а", "пишет", "писал", "пише", "написав", "написав(ла)",
    "написав(-ла)", "писав", "написа", "şunu yazdı", "şunları yazdı", "yazdı", "yazmış", "έγραψε", "đã viết", "viết",
    "napisao", "napisao je", "napisao/la je", "je napisao", "je napisao/la", "je napisal", "je napisala", "napisala",
    "napisana przez", "kirjutas", "kirjutas kuupäeval", "rašė", "rakstīja", "menulis", "כתב", "כתבה", "כתב/ה", "מאת",
    "كتب", "كتبت", "تمت كتابة ما يلي بواسطة", "نوشت", "เขียนว่า",
)  # fmt: skip
# The same in scripts that put no spaces between words.
JOINED_VERBS = (
    "写道", "寫道", "写到", "のメッセージ", "のメール", "が書きました", "は書きました", "さんが作成", "작성",
    "작성했습니다", "작성하였습니다", "작성함", "님이 쓴 글", "님의 말",
)  # fmt: skip
# Who tells of a mail says such things; a mail program does not.
TOLD = frozenset({
    "i", "i've", "i'm", "me", "my", "we", "us", "our", "you", "your", "he", "she", "they", "his", "her", "their",
    "this", "that", "these", "which", "who", "what", "it", "there", "when", "because", "but", "and", "colleague",
    "ich", "mir", "mich", "mein", "meine", "meiner", "wir", "uns", "unser", "unsere", "ihr", "ihre", "ihrer", "sie",
    "er", "dass", "kollege", "kollegin", "j'ai", "nous", "notre", "vous", "votre", "elle", "ce", "cela", "que",
    "collègue", "yo", "mis", "nos", "nuestro", "usted", "ustedes", "ella", "compañero", "eu", "meu", "minha", "nosso",
    "você", "vocês", "seu", "sua", "colega", "io", "mio", "noi", "nostro", "voi", "vostro", "lei", "suo", "che",
    "collega", "ik", "mij", "mijn", "wij", "ons", "onze", "uw", "jullie", "zij", "hij", "dit", "dat", "wat", "jeg",
    "jag", "mig", "mitt", "oss", "vår", "vores", "hon", "dette", "detta", "minä", "meille", "te", "teidän", "hän",
    "mój", "nasz", "pan", "pani", "państwo", "wasz", "że", "mně", "můj", "náš", "váš", "vy", "něm", "я", "мне", "мой",
    "моя", "мы", "нам", "вы", "ваш", "ваша", "он", "она", "это", "что", "як", "мені", "мій", "ви", "bana", "benim",
    "biz", "siz", "sizin", "tôi", "bạn", "εγώ", "μου", "εσείς",
})  # fmt: skip
ALWAYS_TOLD = frozenset({"I", "Ich", "Ihr", "Ihre", "Sie", "Я"})  # with a capital wherever they stand
# Beside a name these may stand, in small letters.
NAME_PARTICLES = frozenset({
    "am", "pm", "a.m", "p.m", "uhr", "von", "van", "de", "der", "den", "del", "della", "da", "di", "la", "le", "via",
    "&", "bin", "al", "el", "ten", "zu", "пользователь", "użytkownik", "odesílatel", "používateľ", "heeft", "hat",
    "ο", "χρήστης", "korisnik", "utilizatorul", "از", "folgendes", "het", "volgende", "π.μ", "μ.μ", "користувач",
    "od", "käyttäjä", "from", "by", "님이", "님", "於", "于", "在", "adlı", "kullanıcı", "tarihinde", "je",
})  # fmt: skip
