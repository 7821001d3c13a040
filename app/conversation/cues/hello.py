"""Hello: greetings, introductions, thanks, news shared."""

from app.conversation.cues.cue import Cue, cue

CUES: tuple[Cue, ...] = (
    cue(
        2.6,
        "says hello",
        r"\bsay(?:ing)? (?:hi|hello)\b",
        r"\b(?:hello|hi|greetings|regards|cheers|good (?:morning|evening|afternoon)|a wave"
        r"|wave) (?:from|to you from)\b",
        r"\A\W*(?:hi|hey|hello|hola|hallo|moin|bonjour|salut|oi|olá|ciao)\W*\Z",
        r"\bjust (?:wanted to|a) (?:say|wave|hello|hi)\b(?! that)",
        r"grüße aus|gruß aus|viele grüße|endlich (?:ein)?mal (?:zu )?melden",
        r"petit coucou|bien le bonjour|salutations de",
        r"saludar|saludos desde|un abrazo desde|un abrazo",
        r"um abraço|abraços|passando para",
    ),
    cue(
        2.4,
        "introduces themselves",
        r"\b(?:just|newly|recently|have) (?:subscribed|signed up|joined)\b",
        r"\bnice to (?:meet|e-?meet)|\bgreat to connect|\bwould love to connect|\bglad to be here"
        r"|\bhappy to be (?:on board|here)|\b(?:long[- ]time|first[- ]time) (?:reader|lurker|writer"
        r"|caller)|\bbeen reading (?:since|for)\b|\blooking forward to\b|\bwe met\b|small world"
        r"|\bfellow\b",
        r"\bi (?:lead|run|manage|look after|head|work (?:in|at|for|as)) .{0,80}(?:,|\.| in | at )",
        r"\bi['’]?m (?:a|an|the) (?:recovering|new|head|cx|service)|\bi['’]m \w+[,.]",
        r"ich bin (?:die|der) neue|freue mich auf|lese (?:seit|schon|gern)",
        r"je (?:viens de m['’]|suis (?:la|le) nouve)|ravie? de",
        r"acabo de (?:suscrib|apunt)|encantad[oa] de|trabajo en",
        r"acabei de (?:assinar|me inscrever)|trabalho com|prazer em",
    ),
    cue(
        2.0,
        "says thank you",
        r"\bthank(?:s| you)\b|\bthx\b|\bcheers\b|\bappreciate (?:you|it)\b|\bmuch appreciated"
        r"|\bkeep (?:going|it up)\b",
        r"\bdanke|vielen dank|herzlichen dank",
        r"\bmerci\b",
        r"\bgracias\b",
        r"\bobrigad[oa]\b|valeu\b",
    ),
    cue(
        2.4,
        "wishes well",
        r"\bhappy (?:birthday|new year|holidays|easter|thanksgiving|anniversary)|\bmerry christmas"
        r"|season['’]s greetings|\bhave a (?:great|good|nice|lovely)|\bget well|\bgood luck\b"
        r"|\bcongrat|\bwelcome back|\bhope (?:the|your|you had)|\bsorry to hear|best wishes\b"
        r"|\bsafe travels|\benjoy (?:your|the) (?:break|holiday|weekend|vacation)",
        r"schönes? (?:wochenende|woche|tag|urlaub)|frohe|alles gute|guten rutsch",
        r"bonne (?:semaine|journée|année|continuation|soirée)|bon (?:week-?end|courage)|joyeux",
        r"feliz (?:\w+)|buen (?:fin|día)|que tengas",
        r"bom (?:fim|dia|final)|boa (?:semana|sorte)|feliz",
    ),
    cue(
        2.0,
        "shares news or a coffee",
        r"\bcoffee\b|\bchampagne\b|\bbeer\b.{0,20}on me|swap (?:stories|notes)|\bshare the news\b"
        r"|a win to share|\bwanted to share\b|\bon linkedin\b|\bif you['’]re ever in\b|still (?:here"
        r"|reading)|small ritual",
    ),
    cue(2.5, "a sign and no words", r"\A[\W_]{1,12}\Z"),
    cue(
        1.2,
        "confirms the receipt",
        r"\bgot (?:it|the guide)\b|\breceived it\b|bien reçu|angekommen, danke|recibido\b|recebido\b",
    ),
    cue(
        2.2,
        "is in touch for its own sake",
        r"\bno (?:need|reply|answer) (?:to (?:answer|reply)|needed|necessary|required)\b"
        r"|\bonly wanted (?:you to know|to say)\b|\byou['’]re (?:most )?welcome\b|\ball (?:well|good"
        r"|sorted|the best)\b|\bthat worked\b",
        r"\bsafe (?:journey|travels|trip)\b|\bcounted among\b|\bsame here\b|\bmade my (?:day|week"
        r"|morning|monday|tuesday|sunday)\b|\bta\b\W*\Z|\bsee you (?:next|on|in|at|there)\b"
        r"|\btill (?:tuesday|next)\b",
        r"\b(?:grandchild\w*|promoted|retired|engaged|pregnant|graduated|new (?:job|baby|puppy"
        r"|house))\b|\b(?:just|recently) (?:joined|started|found|discovered|moved)\b|\bjoined (?:after"
        r"|because|through|via)\b|\bit['’]?s \w+ from\b",
        r"\bfaithful reader\b|\b(?:loyal|silent|quiet|happy|avid|faithful) (?:reader|subscriber"
        r"|lurker)\b|\breading (?:along|you|from)\b|\bgreetings\b|\bfound you (?:through|via)\b"
        r"|\bglad (?:i|you|these|this|to)\b",
        r"\bbis (?:nächste|bald|dienstag)\b|\bkam (?:alles |gut )?an\b|\bliebe grüße\b|\bneu (?:hier"
        r"|dabei)\b|\bje débute\b|\bau plaisir\b|\bà (?:mardi|bientôt|la semaine)\b|\blectora? fiel\b"
        r"|\bsaludo\b|\bhasta (?:el martes|pronto|la próxima)\b"
        r"|\bcheguei (?:pela|por|aqui)\b|\baté (?:terça|logo|breve|a próxima)\b|\bleitora? (?:fiel|assídu)",
    ),
    cue(
        2.6,
        "shares what happened in their life",
        r"\b(?:we|i|she|he) (?:had|are having|is having|['’]?ve had) (?:a|the|our) (?:\w+ )?(?:baby|boy"
        r"|girl|wedding|party)\b|\b(?:her|his) name is\b|\bi (?:got|was given) (?:the|a|my) (?:promotion"
        r"|job|degree|award)|\bwe (?:won|got) (?:the|a|an) .{0,40}\b(?:award|prize)\b|\bi(?:['’]m"
        r"| am)? retir(?:e|ing)\b|\bsmall (?:update|news) from\b|\bthought of you\b|\bthinking of you\b"
        r"|\btake (?:good )?care(?: of yourself)?\W*(?:\n|\Z)|\bgood company\b|\bhope you and yours\b"
        r"|\braised? a glass\b|\bwe (?:got married|moved house)\b",
        r"\b(?:you )?(?:probably|may|might) (?:don['’]t|not|won['’]t) remember (?:me|us)\b|\bwe (?:sat next"
        r"|bumped into|met|shared a)\b|\bold (?:friend|colleague) of\b|\bjust waving\b",
        r"\b(?:i['’]m|i am) (?:a|an) \w+ of all things\b|\bsigned up (?:yesterday|today|last)\b"
        r"|\bgoedemorgen\b|\bgroet(?:en|jes)? (?:uit|van)\b|\bhartelijk\b|\bbedankt\b|\bdank je(?: wel)?\b",
    ),
    cue(
        2.0,
        "greets or thanks in another language",
        r"\bmi presento\b|\bfelic[ei] di\b|\bpiacere di\b|\bgrazie\b|\bun (?:caro )?saluto\b|\bbuon(?:giorno"
        r"|asera| natale| anno| compleanno| lavoro)\b|\bpozdrawiam\b|\bdziękuję\b|\bhilsen fra\b"
        r"|\b(?:hej|hei|hejsan) från\b|\btack (?:för|så)\b|\btakk for\b|\btak for\b|\bkiitos\b|\bděkuj\w+"
        r"|\bďakujem\b|\bteşekkür",
        r"はじめまして|初めまして|よろしくお願い|ありがとう|感謝|お世話になって|你好|谢谢|謝謝|祝(?:您|你)|안녕하세요|감사합니다"
        r"|спасибо|здравствуйте|дякую",
    ),
)
