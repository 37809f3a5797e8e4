"""How unhappy customers say what will come next, in five languages.

Each line is a regular expression over words in lower case without accents. A space is the space between two words, ` .. `
stands for up to four words between two, and a name in braces for one of the expressions above it; `{I}` is how the
language says that one is going to do something.
"""

from __future__ import annotations

from dataclasses import dataclass

# Where people post; the names are the same everywhere.
SITES = r"(?:twitter|x|facebook|instagram|insta|tiktok|linkedin|reddit|youtube|trustpilot|google|yelp|tripadvisor)"


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one language threatens: a pattern a line.

    `names`: what stands in braces. `farewells`: ways to leave that are said with a negation ("never again"). `denies`:
    what takes a deed back when it stands in it, or up to `reach` words behind it. `before`: what makes it no threat when
    it stands right before it.
    """

    names: dict[str, str]
    post: str
    leave: str
    charge_back: str
    farewells: str
    denies: str
    before: str
    reach: int = 0


ENGLISH = Tongue(
    names={
        "I": r"(?:(?:i|we) (?:will|shall|intend to|plan to|promise to|will have to|have no choice but to|am going to|are going to|am about to|have decided to)|(?:i'll|we'll)(?: have to| be forced to)?|(?:i'm|we're) going to|(?:i'm|i am|we're|we are) (?:ready|prepared) to|you force me to)",
        "MINE": r"(?:my|our) (?:whole |entire |customer |premium |business )?(?:account|subscription|membership|contract|plan|policy)s?",
        "BANK": r"(?:my|our|the) (?:bank|credit card company|card company|card issuer|card provider|card provider's|paypal)",
        "BAD": r"(?:bad|terrible|negative|scathing|damning|one[- ]star|1[- ]star|zero[- ]star|honest)",
        "SITES": SITES,
    },
    post=r"""
        {I} .. (?:post|share|publish|write|put|complain|vent|talk|tell) .. (?:on|all over|to) (?:my |your )?(?:{SITES}|social media|social networks)
        {I} .. (?:post|write|blog|tweet) (?:publicly )?about (?:this|it|you|your|my experience|how)
        {I} .. (?:tweet|blog) (?:this|it|about)
        (?:{I} .. (?:leave|write|post|give|publish)|(?:i|we)(?:'ll| will) be (?:leaving|writing|posting))(?: you| your \w+)?(?: an?)? (?:\w+ )?{BAD} reviews?
        {I} .. (?:go public|make (?:this|it) public|expose you|name and shame)
        {I} .. (?:go|turn|talk|speak|take (?:this|it)) to the (?:press|papers|newspapers?|media|local paper)
        {I} .. tell (?:everyone|everybody|all my (?:friends|followers)|the whole world|the world)
    """,
    leave=r"""
        {I} .. (?:cancel|close|end|terminate|quit|delete|not renew) {MINE}
        (?:i'm|i am|we're|we are|i'll be|i will be|we'll be) (?:cancelling|canceling|closing|terminating) {MINE}
        {I} .. (?:leave|quit) (?:you|your (?:company|service|shop|store|bank))(?: guys| people)?(?= for | and | if | unless | today| now|$)
        (?:i'm|i am|we're|we are) leaving (?:you|your (?:company|service|shop|bank))(?= for | and | if | unless |$)
        {I} .. (?:switch|move|change|go) (?:over )?to (?:a competitor|your competit\w+|the competition|another (?:company|provider|supplier|shop|bank|seller|store)|a different (?:company|provider|supplier|shop|bank)|(?:someone|somebody) else)
        {I} .. (?:take (?:my|our) (?:business|custom|money)|shop|buy|go|order|look) (?:elsewhere|somewhere else)
        {I} .. find (?:another|a different|a new) (?:company|provider|supplier|shop|bank|seller|store)
        you(?:'ll| will| are going to|'re going to| are about to|'re about to) .. (?:lose|have lost) (?:me|us|(?:a|another|this) .. customer|my business|our business)
    """,
    charge_back=r"""
        {I} .. (?:dispute|contest|reverse|charge back) (?:the|this|that|your|both|all|these|every) .. (?:charges?|payments?|transactions?|amounts?|debits?)
        (?:{I} .. dispute|(?:i|we)(?:'ll| will) be disputing) (?:it|this|that|them|everything|all|both)(?: of (?:it|them))? (?:with|through|via) (?:my|our|the|paypal)
        {I} .. (?:file|open|raise|start|initiate|do|issue|make|request|put in) .. (?:chargeback|charge back|dispute|paypal (?:case|claim))
        {I} .. (?:charge it back|charge this back|claw .. back)
        {I} .. (?:ask|get|have|tell|instruct|contact|call|go to) {BANK} .. (?:reverse|dispute|refund|chargeback|charge back|take back|claw back|recall|block the payment)
        {I} .. (?:take (?:this|it)(?: up)? (?:to|with)|involve) {BANK}
        {I} .. (?:go|turn) to {BANK}(?! to (?:pay|transfer|send|make|deposit|collect|get))
        (?:i'm|i am|we're|we are) going through {BANK} to get
        (?:expect|prepare for|look forward to) a chargeback
    """,
    farewells=r"""
        (?:{I}|will) never .. (?:buy|order|shop|use|book|purchase|spend|do business|deal|come back) .. (?:again|you|here)
        (?:i'm|i am|we're|we are) never (?:buying|ordering|shopping|using|coming|booking) .. (?:again|here|back|you)
        {I} not be (?:renewing|ordering|buying|coming back|using)
        (?:i|we) won't be (?:renewing|ordering .. again|buying .. again|coming back|using .. again)
        {I} not (?:renew|buy .. again|order .. again|come back)
    """,
    denies=r"(?:not(?! only)|never|n't)",
    before=r"(?:(?:not|never|[a-z]+n't) (?:really )?(?:think|say|saying|said|mean|believe|threatening|suggesting)(?: that)?|(?:he|she|they) (?:says?|said)(?: that)?|as if|pretend)",
)

GERMAN = Tongue(
    names={
        "I": r"(?:(?:ich|wir) (?:werde|werden)|(?:werde|werden) (?:ich|wir))",
        "WE": r"(?:ich|wir)",
        "THING": r"(?:konto|kundenkonto|vertrag|vertrage|abo|abos|abonnement|mitgliedschaft|geschaftsbeziehung|zusammenarbeit)",
        "MONEY": r"(?:betrag|zahlung|lastschrift|abbuchung|geld|rechnungsbetrag|einzug|kreditkartenzahlung)",
        "CHANNEL": r"(?:{SITES}|social media|den sozialen (?:medien|netzwerken)|sozialen (?:medien|netzwerken)|netz|internet)",
        "SITES": SITES,
    },
    post=r"""
        {I} .. (?:auf|bei|in|im|uber) .. {CHANNEL} .. (?:posten|teilen|veroffentlichen|schreiben|berichten|publik machen|bewerten|erzahlen|offentlich machen)
        (?:(?:poste|teile|veroffentliche|schreibe) ich|ich (?:poste|teile|veroffentliche|schreibe)) .. (?:auf|bei|in|im) (?:allen )?{CHANNEL}
        {I} .. (?:schlechte|negative|vernichtende|entsprechende|miese|ehrliche|ein[- ]sterne?|1[- ]sterne?)[- ](?:google )?(?:bewertung|rezension|kritik) .. (?:schreiben|hinterlassen|abgeben|verfassen|geben|posten)
        (?:schreibe|hinterlasse|gebe) ich .. (?:schlechte|negative|vernichtende|entsprechende|miese) (?:bewertung|rezension)
        (?:{I} .. offentlich machen|mache ich .. offentlich|ich mache (?:das|es|den fall|alles) offentlich)
        (?:{I} .. (?:an|in) die (?:presse|offentlichkeit|medien|zeitung)|gehe ich .. an die (?:presse|offentlichkeit|medien)|ich gehe .. an die (?:presse|offentlichkeit|medien))
        {I} .. (?:allen|jedem|jeder und jedem|meinem ganzen bekanntenkreis) .. (?:erzahlen|berichten)
    """,
    leave=r"""
        {I} .. {THING} .. (?:kue?ndigen|beenden|auflosen|loschen|stornieren|schliessen)
        (?:(?:kue?ndige|beende|schliesse|losche) ich|ich (?:kue?ndige|beende|schliesse|losche)|(?:kue?ndigen|beenden) wir|wir (?:kue?ndigen|beenden)) .. {THING}
        {I} .. (?:den anbieter|anbieter|zur konkurrenz|zu einem anderen .. anbieter|zu einem anderen handler|die bank) .. (?:wechseln|gehen)
        (?:(?:wechsle|wechsele|gehe) ich|ich (?:wechsle|wechsele|gehe)) .. (?:zur konkurrenz|den anbieter|zu einem anderen|zu einem mitbewerber|woanders hin|woandershin)
        {I} .. (?:woanders|anderswo) .. (?:kaufen|bestellen|einkaufen)
        (?:(?:kaufe|bestelle) ich|ich (?:kaufe|bestelle)) .. (?:woanders|anderswo|bei der konkurrenz)
        (?:sind sie|seid ihr) mich .. als kund(?:e|en|in) los
        (?:verlieren sie|verliert ihr|sie verlieren|ihr verliert|sie werden) .. (?:mich als kund\w*|eine[n]? (?:\w+ )?kund(?:en|in)(?: verlieren)?)
    """,
    charge_back=r"""
        {I} .. {MONEY} .. (?:zuruckbuchen|zuruckholen|zuruckziehen|zuruckgeben|anfechten|widerrufen|ruckgangig machen|reklamieren|stornieren lassen|zuruckgehen lassen)
        (?:(?:buche|hole|lasse|lass|ziehe|fechte) ich|ich (?:buche|hole|lasse|lass|ziehe|fechte)) .. {MONEY} .. (?:zuruck|zuruckbuchen|zuruckholen|zuruckgehen|an|stornieren)
        (?:{I}|veranlasse ich|ich veranlasse) .. (?:ruckbuchung|ruckbelastung|chargeback|ruckruf der zahlung)
        (?:{I} .. (?:kauferschutz|paypal fall|paypal) .. (?:in anspruch nehmen|eroffnen|offnen|einschalten|beantragen|melden)|(?:eroffne|offne|melde) ich .. (?:paypal|kauferschutz))
        {I} .. (?:meine|unsere) bank .. einschalten
        (?:schalte ich|ich schalte) .. (?:meine|unsere) bank ein
    """,
    farewells=r"""
        (?:{I}|{WE} (?:bestelle|kaufe|bestellen|kaufen)|(?:bestelle|kaufe) {WE}) .. (?:nie|niemals|nicht) (?:wieder|mehr) .. (?:bestellen|kaufen|einkaufen|bei (?:ihnen|euch))
        (?:{WE} (?:bestelle|kaufe)|(?:bestelle|kaufe) {WE}) .. (?:nie|niemals) (?:wieder|mehr)
        (?:ihnen|euch) .. den rucken (?:kehren|zukehren)
    """,
    denies=r"(?:nicht(?! nur)|keine\w*|kein|niemals|keinesfalls|nie)",
    before=r"(?:hiermit|wie|wo|wann|warum|soll|darf|kann|muss|(?:glaube|denke|sage) nicht(?: dass)?|als ob)",
    reach=3,
)
