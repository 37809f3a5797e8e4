"""What mail programs write around people's words, in the languages that they speak. Lower case, plain apostrophes.

Only program text belongs here: a phrase that a person could start a sentence with would hide what they wrote.
"""

from __future__ import annotations

# Between dashes: a quoted mail follows.
ORIGINAL_MESSAGE = frozenset({
    "original message", "original email", "original e-mail", "original", "reply message", "the original message",
    "original appointment", "message", "ursprüngliche nachricht", "urspruengliche nachricht", "originalnachricht",
    "original-nachricht", "original nachricht", "originalmail", "original-mail", "ursprüngliche mail",
    "ursprüngliche e-mail", "nachricht", "message d'origine", "message original", "message initial", "mail original",
    "courriel original", "e-mail d'origine", "le message original", "mensaje original", "correo original",
    "mensagem original", "email original", "messaggio originale", "messaggio originario", "messaggio",
    "oorspronkelijk bericht", "oorspronkelijk e-mailbericht", "origineel bericht", "oorspronkelijke bericht",
    "originele bericht", "ursprungligt meddelande", "originalmeddelande", "ursprungligt mail",
    "oprindelig meddelelse", "oprindelig besked", "original meddelelse", "oprindelig mail", "opprinnelig melding",
    "original melding", "opprinnelig e-post", "opprinnelig meddelelse", "alkuperäinen viesti", "oryginalna wiadomość",
    "wiadomość oryginalna", "wiadomość pierwotna", "oryginalny e-mail", "původní zpráva", "původní e-mail",
    "pôvodná správa", "originálna správa", "originalna poruka", "izvorna poruka", "izvirno sporočilo",
    "eredeti üzenet", "eredeti levél", "mesaj original", "mesajul original", "mesajul inițial", "mesaj inițial",
    "исходное сообщение", "оригинальное сообщение", "первоначальное сообщение", "вихідне повідомлення",
    "оригінальне повідомлення", "початкове повідомлення", "оригинално съобщение", "orijinal mesaj", "özgün ileti",
    "orijinal ileti", "özgün mesaj", "asıl mesaj", "αρχικό μήνυμα", "πρωτότυπο μήνυμα", "algne kiri", "algsõnum",
    "originalus laiškas", "sākotnējais ziņojums", "הודעה מקורית", "ההודעה המקורית", "الرسالة الأصلية", "رسالة أصلية",
    "پیام اصلی", "thư gốc", "tin nhắn gốc", "thông điệp gốc", "ข้อความต้นฉบับ", "pesan asli", "原始邮件", "原始郵件",
    "回复的原邮件", "回复的邮件", "原邮件", "邮件原件", "原信件", "原始信件", "原始訊息", "元のメッセージ",
    "元のメール", "オリジナルメッセージ", "原文", "원본 메시지", "원본메시지", "원본 메일", "원본 이메일", "원본메일",
    "원래 메시지",
})  # fmt: skip

# Somebody passes a mail on: what follows is the message.
FORWARDED_MESSAGE = (
    "forwarded message", "begin forwarded message", "forwarded by", "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht", "beginn der weitergeleiteten nachricht", "message transféré",
    "message transfere", "message transmis", "début du message transféré", "début du message réexpédié",
    "mensaje reenviado", "inicio del mensaje reenviado", "mensagem encaminhada", "mensagem reencaminhada",
    "início da mensagem encaminhada", "início da mensagem reencaminhada", "messaggio inoltrato",
    "inizio messaggio inoltrato", "inizio del messaggio inoltrato", "doorgestuurd bericht",
    "begin doorgestuurd bericht", "videresendt meddelelse", "videresendt besked", "start på videresendt besked",
    "videresendt melding", "vidarebefordrat meddelande", "vidarebefordrat mejl", "vidarebefordrat brev",
    "välitetty viesti", "edelleenlähetetty viesti", "przekazana wiadomość", "wiadomość przekazana dalej",
    "treść przekazanej wiadomości", "początek przekazywanej wiadomości", "přeposlaná zpráva", "přeposlaný e-mail",
    "začátek přeposílané zprávy", "preposlaná správa", "začiatok preposlanej správy", "proslijeđena poruka",
    "továbbított üzenet", "továbbított levél", "mesaj redirecționat", "începe mesajul redirecționat",
    "пересылаемое сообщение", "перенаправленное сообщение", "пересланное сообщение",
    "начало переадресованного сообщения", "начало пересланного сообщения", "переслане повідомлення",
    "перенаправлене повідомлення", "початок листа, що пересилається", "iletilmiş mesaj", "iletilen ileti",
    "yönlendirilmiş ileti", "iletilen mesaj", "i̇leti başlangıcı", "προωθημένο μήνυμα", "προωθούμενο μήνυμα",
    "הודעה שהועברה", "رسالة معاد توجيهها", "thư được chuyển tiếp", "転送されたメッセージ", "転送メッセージ",
    "转发的邮件", "转发邮件", "轉寄的郵件", "轉寄郵件", "전달된 메시지", "전달된 메일",
)  # fmt: skip

# Helpdesks ask for the answer above such a line.
REPLY_ABOVE = (
    "reply above this line", "reply above the line", "type your reply above", "write your reply above",
    "write above this line", "type above this line", "enter your reply above", "respond above this line",
    "reply above this text", "text above this line is added", "above this dotted line",
    "do not write below this line", "please do not edit below this line", "antworten sie oberhalb dieser",
    "antwort über dieser zeile", "antwort oberhalb dieser", "antworten sie über dieser", "über dieser zeile ein",
    "bitte oberhalb dieser zeile", "réponse au-dessus de cette ligne", "répondre au-dessus de cette ligne",
    "répondez au-dessus de cette ligne", "respuesta por encima de esta línea", "responda por encima de esta línea",
    "responder encima de esta línea", "respuesta encima de esta línea", "resposta acima desta linha",
    "responda acima desta linha", "risposta sopra questa riga", "rispondi sopra questa riga",
    "rispondere sopra questa linea", "antwoord boven deze regel", "reageer boven deze regel", "boven deze lijn",
    "svar over denne linje", "svar ovenfor denne linje", "svara ovanför denna rad", "svar ovanför denna rad",
    "odpowiedź powyżej tej linii", "odpowiedz powyżej tej linii", "odpověď nad tento řádek", "ответ выше этой строки",
    "відповідь вище цього рядка", "yanıtınızı bu satırın üzerine", "vastaus tämän rivin yläpuolelle",
    "この行より上に", "请在此行上方", "請在此行上方", "이 줄 위에",
)  # fmt: skip

# The last line of a mail from a telephone or a free mail program begins with one of the first and soon names a thing,
_SENT = (
    "sent from", "sent with", "sent via", "sent using", "from my", "gesendet von", "gesendet mit", "gesendet über",
    "gesendet via", "gesendet aus", "diese nachricht wurde von mein", "diese e-mail wurde von mein", "envoyé de",
    "envoyé depuis", "envoyé à partir", "envoyé avec", "enviado desde", "enviado con", "enviado mediante",
    "enviado do", "enviado de", "enviado a partir", "enviado com", "enviado pelo", "enviado via", "enviada do",
    "enviat des", "inviato da", "inviato dal", "inviato con", "inviata da", "verzonden vanaf", "verzonden met",
    "verzonden vanuit", "verzonden via", "verstuurd vanaf", "verstuurd met", "verstuurd vanuit", "sendt fra",
    "sendt med", "skickat från", "skickat med", "skickades från", "från min", "fra min", "lähetetty", "wysłane z",
    "wysłano z", "wysłane przy", "odesláno z", "odesláno ze", "odoslané z", "odoslané zo", "poslano s", "poslano z",
    "elküldve", "küldve", "trimis de pe", "trimis din", "trimis cu", "отправлено с", "отправлено из",
    "отправлено через", "надіслано з", "надіслано із", "відправлено з", "изпратено от", "изпратено с", "στάλθηκε από",
    "εστάλη από", "saadetud minu", "išsiųsta iš", "nosūtīts no", "dikirim dari", "gửi từ", "được gửi từ", "נשלח מ",
    "تم الإرسال من", "أرسلت من", "أُرسلت من", "مرسل من", "ส่งจาก", "发自我的", "发自", "從我的", "从我的", "發自我的",
    "寄自我的",
)  # fmt: skip
_GET = (
    "get outlook for", "download outlook for", "holen sie sich outlook", "laden sie outlook", "télécharger outlook",
    "obtenez outlook", "obtenir outlook", "obtener outlook", "obtén outlook", "obtenga outlook", "descargar outlook",
    "obter o outlook", "obtenha o outlook", "baixe o outlook", "scarica outlook", "ottieni outlook",
    "download outlook voor", "outlook downloaden", "hent outlook", "få outlook", "skaffa outlook", "hämta outlook",
    "last ned outlook", "hanki outlook", "pobierz outlook", "pobierz aplikację outlook", "pobierz program outlook",
    "uzyskaj outlook", "získejte outlook", "získat outlook", "získajte outlook", "az outlook", "outlook beszerzése",
    "obțineți outlook", "descărcați outlook", "obține outlook", "скачать outlook", "получить outlook",
    "загрузить outlook", "отримати outlook", "завантажити outlook", "ios için outlook", "android için outlook",
    "λήψη του outlook", "αποκτήστε το outlook", "קבל את outlook", "הורד את outlook", "الحصول على outlook",
    "تنزيل outlook", "tải outlook", "lấy outlook", "获取 outlook", "获取适用于", "下载 outlook", "取得 outlook",
    "取得適用於", "outlook for ios を", "outlook for android を", "ios용 outlook", "android용 outlook", "下载适用于",
)  # fmt: skip
FOOTER_OPENERS = (*_SENT, *_GET)
# or begins with the first and ends with the second of these, a thing between them,
FOOTER_HALVES = (
    ("von mein", "gesendet"), ("von unterwegs", "gesendet"), ("", "から送信"), ("", "から送信されました"), ("",
    "から送信しました"),
    ("", "gönderildi"), ("", "傳送"), ("", "发送"), ("", "發送"), ("", "에서 보냄"), ("", "에서 보냈습니다"), ("az ",
    "küldve"),
    ("", "készülékemről"), ("", "lähetetty"), ("outlook für", "herunterladen"), ("outlook für",
    "holen"), ("outlook voor", "downloaden"),
    ("我的", "传送"), ("나의", "보냄"), ("내 ", "보냄"), ("vanaf mijn", "verzonden"), ("vanaf mijn", "verstuurd"),
)  # fmt: skip
# or is one of these.
FOOTER_LINES = (
    "yahoo mail: search, organize, conquer", "yahoo mail : cherchez, organisez, conquérez", "virenfrei", "virus-free",
    "sans virus", "libre de virus", "livre de vírus", "privo di virus", "virusvrij",
    "this email has been checked for viruses", "this e-mail has been checked for viruses",
    "diese e-mail wurde von avast", "l'absence de virus dans ce courrier", "el software de antivirus avast",
    "este e-mail foi verificado por avast", "questa e-mail è stata controllata per individuare virus",
)  # fmt: skip
# The things, by how the word begins.
FOOTER_THINGS = (
    "iphone", "ipad", "ipod", "phone", "mobile", "android", "samsung", "galaxy", "huawei", "blackberry", "xperia",
    "pixel", "oneplus", "xiaomi", "redmi", "motorola", "nokia", "fairphone", "oppo", "honor", "realme", "tablet",
    "device", "smartphone", "cell", "handset", "handy", "mobiltelefon", "mobil", "telefon", "móvil", "movil",
    "teléfono", "téléphone", "portable", "mobiel", "telefoon", "telemóvel", "celular", "cellulare", "telefonino",
    "outlook", "yahoo", "gmail", "proton", "gmx", "web.de", "k-9", "windows", "mail for windows", "macbook", "mac",
    "ios", "thunderbird", "bluemail", "aqua", "spark", "airmail", "zoho", "aol", "hotmail", "icloud", "tutanota",
    "tuta", "mail.ru", "почт", "яндекс", "yandex", "телефон", "смартфон", "мобильн", "мобільн", "устройств",
    "пристро", "κινητό", "τηλέφων", "puhelim", "komórk", "smartfon", "mobilu", "telefonu", "készülék", "cep", "điện",
    "手机", "手機", "携帯", "スマートフォン", "휴대폰", "휴대전화", "גלקסי", "הטלפון", "هاتف", "qq邮箱", "qq", "hey",
    "superhuman", "ordinateur", "notebook", "laptop", "e-mail-app", "mail-app", "sosh", "orange", "freenet",
    "t-mobile", "vodafone",
)  # fmt: skip
# Between opener and thing, and behind it, a footer has no such words.
FOOTER_NEVER = frozenset({
    "because", "but", "since", "while", "as", "when", "where", "if", "which", "that", "so", "i", "you", "your", "we",
    "is", "was", "are", "were", "has", "had", "have", "not", "weil", "aber", "wenn", "dass", "ich", "ist", "war",
    "wurde", "wird", "nicht", "parce", "mais", "car", "je", "est", "était", "pas", "porque", "pero", "que", "es",
    "era", "no", "e", "ma", "perché", "è", "non", "want", "maar", "omdat", "ik", "niet",
})  # fmt: skip

# Pleas for trees: a line that begins with one of the first and has both of one of the second.
PLEA_OPENERS = (
    "please", "before", "think", "consider", "save a tree", "p ", "bitte", "denken", "denk", "vor dem", "avant",
    "pensez", "merci de", "s'il vous", "antes", "piensa", "piense", "por favor", "pense", "prima", "per favore",
    "rispetta", "tænk", "tänk", "vis hensyn", "pomyśl", "zanim", "před", "šetřete", "ajattele", "🌳", "🌍", "🌱", "♻",
)  # fmt: skip
PLEAS = (
    ("print", "environment"), ("druck", "umwelt"), ("imprim", "environnement"), ("imprim", "ambiente"),
    ("stampa", "ambiente"), ("afdruk", "milieu"), ("print", "milieu"), ("print", "miljø"), ("skriv", "miljø"),
    ("skriv", "miljö"), ("druk", "środowisk"), ("tisk", "prostřed"), ("tulost", "ympäristö"), ("print", "tree"),
)  # fmt: skip

# A legal notice begins with one of the first and speaks of at least two of the second.
NOTICE_OPENERS = (
    "this e-mail", "this email", "this message", "this communication", "this transmission", "this electronic",
    "this document", "the information contained", "the information in this", "the contents of this",
    "the content of this", "confidentiality", "confidential", "disclaimer", "privileged", "legal notice",
    "important notice", "caution:", "notice:", "if you are not the intended", "if you have received this",
    "if you received this", "any unauthori", "diese e-mail", "diese email", "diese mail", "diese nachricht",
    "der inhalt dieser", "die information in dieser", "die in dieser", "vertraulich", "rechtlicher hinweis",
    "hinweis:", "wenn sie nicht der", "sollten sie nicht", "falls sie nicht der", "ce message", "ce courriel",
    "ce mail", "cet e-mail", "cet email", "cette communication", "les informations contenues",
    "l'information contenue", "avis de confidentialité", "confidentialité", "avertissement", "si vous n'êtes pas",
    "si vous avez reçu", "este mensaje", "este correo", "este e-mail", "este email", "la información contenida",
    "aviso legal", "aviso de confidencialidad", "confidencialidad", "advertencia", "si usted no es", "si ha recibido",
    "esta mensagem", "esta comunicação", "as informações contidas", "a informação contida",
    "aviso de confidencialidade", "confidencialidade", "se não for", "se você recebeu", "questo messaggio",
    "questa e-mail", "questa email", "il presente messaggio", "la presente e-mail", "la presente comunicazione",
    "le informazioni contenute", "avviso di riservatezza", "riservatezza", "avvertenza", "ai sensi", "se lei non è",
    "dit bericht", "deze e-mail", "deze email", "dit e-mailbericht", "de informatie in", "de inhoud van",
    "vertrouwelijk", "indien u niet", "als u niet", "denne e-mail", "denne mail", "denne e-post", "denne meddelelse",
    "denne meldingen", "oplysningerne i denne", "fortrolig", "detta e-post", "detta mail", "detta meddelande",
    "denna e-post", "informationen i detta", "konfidentiell", "tämä sähköposti", "tämä viesti", "luottamuksellinen",
    "ta wiadomość", "niniejsza wiadomość", "niniejszy e-mail", "treść tej wiadomości", "informacje zawarte",
    "wiadomość ta", "poufne", "poufność", "tento e-mail", "tato zpráva", "táto správa", "obsah této", "obsah tohoto",
    "informace obsažené", "důvěrné", "ez az e-mail", "ez az üzenet", "jelen e-mail", "jelen üzenet", "a jelen",
    "bizalmas", "acest e-mail", "acest mesaj", "acest email", "informațiile conținute", "confidențial",
    "это сообщение", "это письмо", "данное сообщение", "данное письмо", "настоящее сообщение",
    "информация, содержащаяся", "конфиденциальн", "цей лист", "це повідомлення", "конфіденційн", "bu e-posta",
    "bu ileti", "bu mesaj", "gizlilik", "το παρόν", "αυτό το μήνυμα", "αυτό το e-mail", "αυτό το email",
    "εμπιστευτικ", "thư này", "email này", "このメール", "本メール", "この電子メール", "本邮件", "此邮件",
    "本電子郵件", "此郵件", "이 메일", "본 메일", "이 이메일", "본 이메일", "본 메시지", "הודעה זו", "דוא\"ל זה",
    "هذه الرسالة", "هذا البريد",
)  # fmt: skip
NOTICE_THEMES = (
    ("confidential", "vertraulich", "confidentiel", "confidencia", "riservat", "confidenzial", "vertrouwelijk",
     "privileged", "fortrolig", "konfident", "sekretess", "luottamuksel", "poufn", "důvěrn", "dôvern", "bizalmas",
     "confidenți", "конфиденциальн", "конфіденційн", "gizli", "εμπιστευτικ", "bảo mật", "機密", "机密", "保密",
     "기밀", "비밀",
     "חסוי", "סודי", "سري"),
    ("intended", "addressee", "bestimmt", "adressat", "destiné", "destinataire", "destinatario", "destinatário",
     "dirigid", "destinad", "destinat", "bestemd", "geadresseerde", "tiltænkt", "beregnet", "modtager", "avsedd",
     "avsett", "mottaker", "mottagare", "tarkoitettu", "vastaanottaj", "przeznaczon", "adresat", "určen", "adresát",
     "címzett", "предназначен", "адресат", "призначен", "alıcı", "gönderildiği", "προορίζ", "παραλήπτ", "người nhận",
     "宛先", "受信者", "收件人", "收件者", "수신인", "수신자", "נמען", "المرسل إليه"),
    ("in error", "by mistake", "irrtümlich", "versehentlich", "par erreur", "por error", "por engano", "por equívoco",
     "per errore", "abusivamente", "onterecht", "bij vergissing", "ten onrechte", "not the intended",
     "nicht der richtige", "ved en fejl", "ved en feil", "av misstag", "vahingossa", "erehdyksessä", "omyłkowo",
     "przez pomyłkę", "omylem", "tévedésből", "din greșeală", "din eroare", "по ошибке", "помилково", "yanlışlıkla",
     "κατά λάθος", "εκ παραδρομής", "nhầm", "誤って", "误收", "誤收", "잘못", "بطريق الخطأ", "בטעות"),
    ("prohibited", "unauthori", "unbefugt", "nicht gestattet", "untersagt", "interdit", "prohibid", "proibid",
    "vietat",
     "verboden", "niet toegestaan", "disclos", "dissemination", "copying", "forbudt", "förbjud", "kielletty",
     "zabronion", "zakázán", "tilos", "interzis", "запрещ", "заборонен", "yasak", "απαγορεύ", "nghiêm cấm", "禁止",
     "금지"),
    ("delete", "destroy", "löschen", "vernichten", "supprim", "détruire", "elimin", "borr", "apagar", "apague",
    "cancell",
     "distrugger", "verwijder", "vernietig", "slet ", "slett", "radera", "ta bort", "poistamaan", "poista ", "tuhoa",
     "usun", "usuń", "skasowa", "smaž", "vymaž", "töröl", "șterge", "ștergeți", "удалит", "видаліт", "видалит",
     "silin",
     "διαγρά", "xóa", "削除", "删除", "刪除", "삭제"),
)  # fmt: skip
NOTICE_HEADINGS = frozenset({
    "disclaimer", "confidentiality notice", "confidentiality", "legal notice", "legal disclaimer", "important notice",
    "haftungsausschluss", "vertraulichkeitshinweis", "rechtlicher hinweis", "avis de confidentialité",
    "avertissement", "aviso legal", "aviso de confidencialidad", "aviso de confidencialidade",
    "avviso di riservatezza", "vertrouwelijkheid",
})  # fmt: skip
