"""Feedback: an opinion about what was sent, a correction, a wish, an answer to its question."""

from app.conversation.cues.cue import Cue, cue

_OURS = (
    r"(?:newsletter|letter|issue|edition|article|piece|post|guide|e-?book|links?|e?mails?"
    r"|subject lines?|text|chapter|section|format)"
)
CUES: tuple[Cue, ...] = (
    cue(
        2.2,
        "praises the content",
        r"\b(?:loved|love|enjoyed|liked|appreciated) (?:it|this|that|today|the|your|how|reading)\b",
        r"\b(?:great|excellent|fantastic|brilliant|terrific|superb|good|nice|interesting|wonderful"
        r"|strong|outstanding|solid|useful|helpful|best) (?:issue|piece|read|article|letter|newsletter"
        r"|one|post|edition|work on|thing i|guide|stuff)\b",
        r"\bspot on\b|\bso true\b|\bgold\b|nailed it|hit (?:close to )?home|\d{1,2}/10|\bresonat"
        r"|made me (?:think|laugh|smile)|laughed out loud|\bforwarded (?:it|this|to)|\bshared (?:it"
        r"|this|with)|\bstolen\b|\bsaved\b,|food for thought|eye[- ]opening|\ba\+",
        r"(?:beitrag|ausgabe|artikel|text|newsletter|leitfaden).{0,40}(?:stark|gut|toll|super|klasse"
        r"|hilfreich|spannend|großartig)|(?:toller?|starker?|guter?|spannender?"
        r"|sehr guter?) (?:beitrag|ausgabe|artikel|text|newsletter|leitfaden)|gern mehr|auf den punkt",
        r"(?:très |super |excellent |bon )(?:bon |bel |intéressant )?(?:numéro|article|texte|guide"
        r"|lettre)|j['’]ai (?:adoré|aimé|beaucoup aimé)|passionnant",
        r"me (?:encantó|gustó|ha gustado|pareció)|excelente (?:artículo|texto|guía|boletín)"
        r"|muy (?:buen|bueno|claro|útil)",
        r"(?:excelente|ótimo|muito bom|adorei|gostei)\b",
    ),
    cue(
        2.2,
        "criticises the content",
        r"\btoo (?:long|short|general|generic|vague|many|much|small|basic|theoretical|clickbait\w*"
        r"|us-heavy)\b",
        r"\b(?:lazy|boring|annoy\w+|repetitive|clickbait\w*|thin|shallow|meh|disappoint\w+|confusing"
        r"|misleading|unconvincing|us-heavy)\b",
        r"\byou repeat\b|gave up half|not my favou?rite|could have (?:lived|done) without"
        r"|you['’]ve missed|you missed|half true|heard before|in a hurry",
        r"\bi miss(?:ed)? the (?:old|days)|\bthe old .{0,40}(?:format|ones|version)"
        r"|used to be (?:better|shorter)",
        r"zu (?:lang|kurz|allgemein|theoretisch|viel)|langweilig|weniger (?:theorie|text)|schwach",
        r"un peu (?:long|court|trop)|trop (?:long|général|court)|décevant|ennuyeux",
        r"demasiado|aburrid|repetitiv|muy larg",
        r"repetitiv|muito long|cansativ|achei",
    ),
    cue(
        2.4,
        "agrees or disagrees",
        r"\b(?:dis)?agree\b|\bi['’]?d argue|\bi would argue|\bnot convinced\b|\bbold claim\b"
        r"|\bsource\?|\bi (?:don['’]t|do not) (?:think|buy|believe)|\bi think (?:you|that|the|it)"
        r"|\bin my (?:experience|view|opinion)\b|\byou['’]re (?:right|wrong)\b|\byou make it sound\b"
        r"|exactly the mistake",
        r"nicht zustimmen|stimme (?:ihnen )?(?:nicht )?zu|sehe (?:das|ich) anders|anderer meinung"
        r"|nicht das problem",
        r"(?:pas )?d['’]accord|à mon avis|je pense que",
        r"no (?:comparto|estoy de acuerdo)|estoy de acuerdo|en mi opinión|creo que",
        r"(?:não )?concordo|na minha opinião|acho que",
    ),
    cue(
        2.6,
        "asks for a topic or a format",
        r"\b(?:would|i['’]?d) (?:love|like) to (?:see|read|hear)\b|what i['’]?d love to",
        r"\b(?:can|could|would) you (?:do|write|cover|publish|make) (?:one|a|an|more|something)\b",
        r"\bmore (?:like|of|about|on|examples|case|real|cases)\b|\bfewer\b|\bless\b.{0,20}(?:please"
        r"|theory|text)",
        r"\bsuggestion\b|\bfeedback\b(?!,? just)|\bplease (?:stop using|put|keep|write|cover|add)"
        r"|\bkeep it (?:that way|up|short)|\bwould be (?:so |very |really )?(?:helpful|great|nice|kind"
        r"|useful)\b|\bever thought (?:of|about)\b|audio version",
        r"gern(?:e)? mehr|mehr (?:beispiele|davon|praxis)|wünsche? mir|vorschlag\b",
        r"ce serait bien|j['’]aimerais (?:lire|voir|un)|davantage d",
        r"ojalá|me gustaría (?:leer|ver)|publiques|más casos",
        r"gostaria de (?:ler|ver)|mais (?:exemplos|casos|textos)|seria (?:bom|legal)",
    ),
    cue(
        2.4,
        "reports a mistake",
        r"\btypo|\bspelling|\bshould (?:be|read|say)\b|\bis (?:not right|incorrect|wrong|broken)\b"
        r"|\bit was \w+, not\b|\bpaywall|\brun(?:s)? off\b|\bwhite on white|thought you should know"
        r"|dark mode|\bnot right\b|dead link|wrong (?:link|year|name|number|date)",
        r"(?:tipp|recht|kleiner )?fehler (?:im|in|auf)|zweimal dieselbe",
        r"\bfaute de frappe|\bcoquille|\berreur (?:dans|à la)",
        r"\berrata|\berror (?:en|tipográfico)|letra es|cuesta leer",
        r"\berro (?:no|na|de digitação)",
    ),
    cue(
        1.6,
        "talks about our content",
        rf"\byour (?:\w+ )?{_OURS}\b",
        rf"\b(?:today|this week|sunday|tuesday|last week|yesterday)(?:['’]s)? (?:\w+ )?{_OURS}\b",
        r"\bthe (?:part|point|example|story|line|chapter|section|bit|paragraph|anecdote|table|piece"
        r"|guide|links?) (?:about|on|is|where|in|of|with|from|says)\b",
        r"\byou (?:wrote|write|said|mention|asked|repeat|claim|blame|say)\b",
        r"\b(?:der|ihr|die|das) (?:beitrag|leitfaden|ausgabe|newsletter|artikel)|ausgaben",
        r"\b(?:votre|le|ce) (?:numéro|conclusion|article|guide|lettre)|votre conclusion|la partie",
        r"\b(?:el|tu|su) (?:boletín|artículo|guía|texto|idea|ejemplo)",
        r"\b(?:o|seu|a) (?:texto|guia|artigo|capítulo|parte)",
    ),
    cue(
        1.8,
        "answers the letter's question",
        r"\byou asked\b|\bre:? your question|\byour question (?:at|about|on)|\bto answer your"
        r"|\bin our company\b|\bfor us,? it['’]?s\b|\bwe (?:look|measure|track|call) (?:at|it|this)?\b",
        r"sie (?:haben )?gefragt|ihre frage",
        r"votre question|chez nous",
        r"tu pregunta|preguntaste",
        r"sua pergunta|você perguntou",
    ),
    cue(
        1.6,
        "sarcasm about the content",
        r"\boh (?:great|good|wonderful|joy), another|just what (?:the world|we|i) need"
        r"|exactly what the world|\bcome on\b|what every .{0,30} dreams of|\bsure, because\b"
        r"|\byeah,? right\b|\bhow original\b",
    ),
    cue(
        2.4,
        "praises it in an idiom",
        r"\bthumbs up\b|\bhats off\b|\bchapeau\b|\bwell (?:said|put|done|written|argued)\b"
        r"|\bnicely (?:put|done|written)\b",
        r"\bbang on\b|\bon point\b|\bon the money\b|\bso (?:good|well put|spot on)\b|\bamen\b"
        r"|\bpreach\b|\bbravo\b|\bkudos\b",
        r"\bloved? (?:it|this one|that)\b|\bmade my (?:commute|team|boss) |\bbest (?:thing|one|issue"
        r"|line|bit)\b|\bmore (?:of this|please)\b",
        r"\b(?:a|what a) (?:\w+ ){0,2}(?:read|piece|issue|treat|gem)\b|\b(?:stuck|stayed"
        r"|resonated) with me\b|\bhit a nerve\b",
        r"\b(?:printed|pinned|framed|bookmarked|highlighted|underlined)\b|\b(?:our"
        r"|my) (?:whole )?(?:team|slack|office|department)\b.{0,60}\b(?:read|quot|shar|discuss|talk)",
        r"^\W*(?:👏|🙌|🔥|💯|❤️|👍\s*👍)",
        r"\bhut ab\b|\bklasse\b|\bauf den punkt\b|\bgut geschrieben\b|\bchapeau\b|\bbien vu\b"
        r"|\bbien dit\b|\bbravo\b"
        r"|\bbien dicho\b|\benhorabuena\b|\bgran (?:artículo|texto|trabajo)\b|\bparabéns pelo\b"
        r"|\bmuito bem (?:dito|escrito)\b|\bbelo texto\b",
    ),
    cue(
        2.2,
        "finds fault",
        r"\b(?:my )?only (?:grumble|gripe|quibble|complaint|criticism|nitpick|niggle|wish)\b|\bnitpick"
        r"|\bquibble|\bpet peeve\b",
        r"\b(?:you|it|this|that one) (?:lost|bored|annoyed|confused|disappointed|irritated|misses"
        r"|missed|blurs?|overlooks?|ignores?|skips?)\b",
        r"\b(?:hard|difficult|impossible|tiring|painful) to (?:read|follow|skim|scan)\b|\b(?:grey|gray"
        r"|white|light) on (?:grey|gray|white)\b",
        r"\bdoes(?:n['’]?t| not) add up\b|\bas if it (?:was|were)\b|\b(?:bit|little|rather|quite"
        r"|pretty) (?:rich|long|thin|dry|dull|preachy|much|vague|shallow|weak)\b",
        r"\bfalls? (?:flat|short)\b|\bnot (?:your best|for me|a fan|sold|sure (?:i|that i) agree"
        r"|quite right|helpful)\b|\bcould have been\b|\bi (?:was )?expect(?:ed|ing) more\b",
        r"\bunsubscrib\w* (?:over|because of) this\b|\bgetting (?:long|longer|stale|repetitive"
        r"|preachy)\b|\brunning out of (?:ideas|steam)\b",
        r"\bda (?:hätte|fehlt)\b|\bmir fehlt\w*\b|\betwas (?:zu|lang|dünn)\b|\bsieht das anders aus\b"
        r"|\bil manque\b|\bde trop\b|\bme faltó\b|\bfaltan? \w+\b|\bsenti falta\b|\bfaltou\b"
        r"|\bficou\b.{0,20}\bvago\b",
    ),
    cue(
        2.2,
        "wishes for something in the letter",
        r"\b(?:keen on|interested in|hungry for|curious about) (?:something|more|an? (?:issue|piece"
        r"|article|letter)) (?:on|about)\b|\bsomething (?:on|about)\b.{0,60}\bnext\b",
        r"\b(?:how about|what about|have you (?:thought of|considered|ever written about"
        r"|covered)) (?:an? |doing |writing |covering )",
        r"\b(?:nobody|no one|you never) (?:ever )?(?:covers?|writes? about|talks? about|mentions?)\b"
        r"|\b(?:cover|tackle|write about|dig into|interview|feature) (?:a|an|the|more|some)\b",
        r"\b(?:idea|topic|request|suggestion) for (?:a|an|the|your|one|next)\b|\b(?:could|can) (?:it"
        r"|there) be (?:a|an|more)\b|\bplease (?:more|fewer|less|no more|bring back|don['’]t"
        r"|do more)\b|\bbring back\b",
        r"\bkönnten sie (?:einmal|mal) (?:über|etwas)\b|\bthema für\b|\bpourriez-vous (?:parler|écrire"
        r"|aborder)\b|\bun sujet\b|\bpodrías? (?:escribir|hablar|tratar)\b|\bseguid\b|\bsigue así\b"
        r"|\bpoderia (?:falar|escrever)\b",
    ),
    cue(
        1.4,
        "tells how it is where they work",
        r"\b(?:in our case|at our (?:place|company|firm|shop|bank|hospital)|where i work|over here we"
        r"|for us it|with us it|our (?:answer|rule|trick|way) is)\b",
        r"\bbei uns\b|\bin unser\w+ (?:firma|haus|unternehmen|betrieb)\b|\bchez nous\b|\bdans notre\b"
        r"|\ben nuestr[oa]\b|\baquí en la empresa\b|\baqui na empresa\b|\bno nosso caso\b",
    ),
    cue(
        1.1,
        "speaks to the author about the writing",
        r"(?:\A|[.!?]\s+)you(?:['’](?:ve|re|d))? (?!can\b|could\b|may\b|might\b|will\b|are welcome"
        r"|asked me|should have got|said (?:hi|reply))\w+",
        r"\b(?:passing|forwarding|sharing|sending) (?:this|it) (?:on|to|with|along|around)\b"
        r"|\bkeep (?:them|these|it) coming\b|\byou (?:may|might) want to (?:mention|add|say|check)\b",
    ),
    cue(
        1.2,
        "tells what they tried",
        r"\bwe (?:\w+ly )?(?:tried|did|used|had|built|ran|found|learned|learnt|switched|dropped|moved"
        r"|stopped|started|saw|measured|asked|changed|replaced|introduced)\b(?!.{0,200}\?)",
        r"\bwir (?:haben|hatten)\b.{0,120}\b(?:versucht|gemacht|eingeführt|probiert)\b(?!.{0,100}\?)"
        r"|\bnous avons (?:essayé|testé|fait)\b(?!.{0,100}\?)|\bnosotros (?:probamos|hicimos)\b"
        r"|\bnós (?:tentamos|fizemos)\b",
    ),
    cue(
        2.4,
        "judges it in another language",
        r"\b(?:fand|finde) (?:ich )?.{0,60}\b(?:großartig|gut|toll|super|klasse|schwach|spannend|falsch"
        r"|übertrieben)|\b(?:ich fand|ich finde)\b|\bkann so nicht stimmen\b",
        r"\b(?:niet|het|wel|helemaal) (?:mee )?eens\b|\b(?:mooi|goed|sterk|leuk|interessant|helder) (?:stuk"
        r"|artikel|nummer|verhaal|punt)\b|\bte (?:lang|kort|vaag|algemeen)\b|\bik (?:vond|vind|mis|miste)\b",
        r"\b(?:mi è piaciut|bell(?:o|issimo|a) (?:articolo|lettera|pezzo|numero))|\bottim[oa] (?:articolo"
        r"|lettera|spunto|numero)\b|\b(?:non )?sono d['’]accordo\b|\btroppo (?:lung|cort|gener|teoric)\w+"
        r"|\bsecondo me\b",
        r"\bsuena (?:a )?\w+|\bj['’]ai trouvé\b|\ble ton\b|\bsenti falta\b|\bświetny\b|\bnie zgadzam\b"
        r"|\bbra (?:skrivet|text|brev|artikel)\b|\bhåller (?:inte )?med\b|\bfor lang\w?\b|\buenig\b",
        r"納得|参考になり|面白かった|もっと読みたい|良かった|勉強になり|長すぎ|写错|很(?:好|有用|精彩)|不同意|좋았|согласен|отличн\w+",
    ),
)
