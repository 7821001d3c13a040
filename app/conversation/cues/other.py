"""Other: leaving, addresses, business, invitations, rights, spam."""

from app.conversation.cues.cue import Cue, cue

CUES: tuple[Cue, ...] = (
    cue(
        5.0,
        "wants to leave",
        r"\bunsubscri",
        r"\b(?:delete|erase|forget|remove|take|drop) (?:my (?:data|details|address|e?mail|name)|me\b)",
        r"(?:no more|stop(?: \w+){0,2}) (?:e?mails?|letters?|newsletters?)|please stop\W*\Z"
        r"|lösch\w* .{0,30}(?:daten|adresse)"
        r"|plus (?:de|recevoir) .{0,20}(?:courriels?|mails?)|no me env[íi]en",
        r"\bremove me\b",
        r"take me off",
        r"\bopt[- ]?out\b",
        r"stop (?:sending|e?mailing)",
        r"\bcancel my (?:subscription|registration)",
        r"no longer wish to receive",
        r"\babmeld|\bmelde\w* .{0,30}\bab\b|\baustragen|abbestell",
        r"désinscri|désabonn|se désins",
        r"d(?:ar|arme|ame|énme|éme) de baja|cancelar (?:mi |la )?suscripci",
        r"descadastr|remova?m? (?:o )?meu|cancelar (?:a |minha )?(?:assinatura|inscri)",
    ),
    cue(4.0, "a bare stop", r"\A\W*(?:stop|remove|unsubscribe|end|quit|cancel|baja|stopp|arr[êe]t)\W*\Z"),
    cue(
        2.5,
        "threatens to report",
        r"report (?:this |you )?as spam|\bgdpr\b|\bdsgvo\b|\brgpd\b|data (?:access|protection|subject)"
        r"|what you store about me",
    ),
    cue(
        3.5,
        "wants an address changed",
        r"(?:change|update) my (?:e-?mail )?address",
        r"\b(?:my|our) (?:new|old) (?:e-?mail|address)",
        r"\b(?:switch|move|change) me (?:over|to)\b|\bnew (?:e-?mail|address)\b|\bsend (?:it|them|this"
        r"|everything) to (?:my|the) new\b",
        r"adresse hat sich geändert|neue (?:mail)?adresse",
        r"nouvelle adresse|changé d['’]adresse",
        r"(?:nueva|cambi\w+) (?:mi |de )?(?:dirección|correo)",
        r"(?:novo|mud\w+) (?:meu |o |de )?(?:e-?mail|endereço)",
    ),
    cue(
        3.0,
        "wants somebody added or a pause",
        r"\badd (?:him|her|them|my colleague)\b",
        r"pause (?:my|the|your) (?:e?mails?|subscription|letters?)",
    ),
    cue(
        3.0,
        "wants to sell",
        r"(?:double|triple|boost|increase|grow|skyrocket) your",
        r"our (?:services?|agency|platform|solution|growth engine)\b",
        r"\bwe (?:offer|provide|specialis|specializ|make|help (?:companies|brands|businesses))",
        r"\bi help (?:\w+ ){0,4}(?:owners|companies|brands|creators|businesses)",
        r"\bseo\b|backlinks?|do-?follow|guest (?:post|blog|article)",
        r"\bsend (?:you )?a quote\b",
        r"(?:wir bieten|unsere agentur|unser angebot)",
        r"nous proposons|\bdevis\b|référencement",
        r"somos una (?:agencia|empresa)|nuestros servicios",
        r"somos uma (?:agência|empresa)|nossos serviços|oferecemos",
    ),
    cue(
        2.0,
        "wants a call",
        r"\b(?:quick|short|15|20|30)[- ](?:minute )?(?:call|chat|minutes?)\b",
        r"set up a call|schedule a (?:call|demo|meeting)|book a (?:call|demo)|hop on a call",
    ),
    cue(
        3.0,
        "about advertising or a partnership",
        r"\bsponsor|\badvertis|\bmedia kit\b|\bpartnership\b|\baffiliate\b|\brate card\b"
        r"|what are your rates|\bkooperation\b|\bpartenariat\b|\bcolaborar contigo\b|\btarifas\b"
        r"|\bparceria\b",
    ),
    cue(
        3.0,
        "an invitation to speak",
        r"\bkeynote\b|guest speaker|speaking (?:engagement|slot|opportunit)|invite you (?:as"
        r"|to (?:speak|join|be))|on our (?:podcast|panel|stage|show|webinar)|come on (?:our|my"
        r"|the) (?:podcast|show)",
        r"als referent|als sprecher|fachtagung|\bhonorar\b",
        r"intervenir (?:lors|à|dans)|conférencier|séminaire annuel",
        r"(?:ponente|conferencista|dar una charla)",
        r"palestra|convid[aá]\w* .{0,40}(?:evento|falar)",
    ),
    cue(
        2.5,
        "asks for the right to use a text",
        r"\breprint|\brepublish|\bpermission\b|\bcopyright\b|\blicen[cs]e\b|\bcite\b|\bquote (?:your"
        r"|you|from)\b|\bmay (?:i|we) (?:use|share|quote|publish|translate)",
        r"übersetzen und|veröffentlichen|dürfen wir|genehmigung",
        r"\bautorisation\b|republier|\bdroits?\b de reproduction",
        r"permiso para|reproducir",
        r"permissão|republicar",
    ),
    cue(
        2.5,
        "business papers",
        r"\binvoice|\bpo number|\bpurchase order|\boverdue\b|\bremit|\bcontract\b.{0,40}\b(?:sign"
        r"|attached)|\bcountersign|\brechnung\b(?!s)|\bfacture\b|\bfactura\b|\bfatura\b"
        r"|\bnota fiscal\b",
    ),
    cue(
        2.5,
        "a job or a project",
        r"\bwe(?:['’]re| are) hiring|job description|\bvacancy|\brecruit|consulting (?:clients?"
        r"|project|engagement)|\bstellenangebot|\bfreelance\b.{0,30}\bavailable",
    ),
    cue(
        2.0,
        "from the press",
        r"\bi['’]?m writing (?:a|an) (?:piece|article|story)|\bjournalist\b|for (?:a|our"
        r"|my) (?:trade )?(?:paper|magazine)\b|\bby (?:tomorrow|noon|deadline)\b.{0,30}(?:quote"
        r"|comment)|looking for a quote",
    ),
    cue(
        3.0,
        "not meant for us",
        r"by mistake|wrong (?:person|address)|never (?:signed up|subscribed)|no longer (?:with"
        r"|at) (?:the|this) (?:company|firm)|this (?:message|mail) is for|contact .{0,40} in future",
        r"irrtümlich|par erreur|por error\b|por engano",
    ),
    cue(
        3.0,
        "reads like spam",
        r"business proposal|mutual benefit|beneficiary|inheritance|\bbitcoin\b|\bcasino\b|\bloan\b"
        r"|vulnerabilit\w+|\bbounty\b|see the attach\w+ and|dear (?:friend|beneficiary|sir)|\basdf"
        r"|\btest test\b",
    ),
    cue(
        3.0,
        "wants to be off the list",
        r"\boff (?:the|this|your) (?:mailing )?list\b|\bsigned me up\b|\b(?:never|didn['’]?t"
        r"|did not) (?:sign up|subscribe|ask for)\b|\bno longer (?:want|wish|interested|need)\b"
        r"|\bstop (?:this|these|writing|spamming|emailing)\b|\bnot interested\b",
        r"\baus dem verteiler\b|\bkein\w* (?:weiteren )?(?:mails?|newsletter) mehr\b"
        r"|\bnicht mehr (?:erhalten|bekommen|zusenden)\b|\bne (?:souhaite|veux|désire) plus\b"
        r"|\bplus (?:vos|de) (?:messages|mails|courriels)\b"
        r"|\bno (?:quiero|deseo) (?:recibir )?más\b|\bdejen? de\b|\bnão (?:quero|desejo) (?:mais"
        r"|receber)\b|\bparem de\b",
    ),
    cue(
        3.0,
        "asks about their data",
        r"\barticle 1[5-7]\b|\bccpa\b|\bright (?:to be forgotten|of access)\b|\b(?:hold|store|know"
        r"|have) (?:about|on) me\b|\bcopy of (?:everything|all|my data)\b|\bprivacy (?:policy|officer"
        r"|request)\b"
        r"|\bauskunft\b|\bmeine daten\b|\bmes données\b|\bmis datos\b|\bmeus dados\b",
    ),
    cue(
        3.0,
        "moves to another address",
        r"\b(?:this|my|old) (?:mailbox|account|inbox|work (?:e-?mail|address)) (?:is no more"
        r"|is closing|closes|will be|goes away|expires)\b|\b(?:private|personal|home|new) (?:one"
        r"|e-?mail|address|inbox|mailbox) ?:|\buse (?:this|my) .{0,20}(?:address|e-?mail) (?:instead"
        r"|from now)\b"
        r"|\bkünftig (?:bitte )?(?:an|unter)\b|\bmail(?:adresse)? .{0,20}geändert"
        r"|\bmon adresse (?:a changé|change)|\b(?:mi correo|mi dirección|meu e-?mail"
        r"|meu endereço) (?:ha cambiado|cambió|cambia|mudou|vai mudar)\b|\bcadastro\b",
    ),
    cue(
        2.6,
        "has a proposal of their own",
        r"\bwould you be (?:open|interested|willing|available|up for|free|keen)\b|\bmight (?:that|this"
        r"|it) appeal\b|\bare you (?:free|available|open to|interested in)\b.{0,80}\?"
        r"|\binterested in (?:joining|speaking|partnering|a collaboration)\b",
        r"\bour (?:advisory board|event|members|podcast|listeners|show|conference|magazine|directors"
        r"|annual|courses|academy|offer|product|app|tool|company|team of experts|clients? include)\b",
        r"\bwe(?:['’]re| are) (?:a|an) (?:\w+ ){0,3}(?:agency|company|startup|firm|consultancy"
        r"|platform|publisher|studio|provider)\b|\bwe run (?:training|courses|a|an)\b|\bi (?:represent"
        r"|run an agency|work with brands)\b",
        r"\bpress release\b|\bembargo|\bfor your consideration\b|\b(?:first|one) (?:\w+ )?(?:days?"
        r"|month) free\b|\bclick (?:to claim|here to)\b|\bfree (?:audit|trial|consultation)\b"
        r"|\blimited[- ]time\b|\bact now\b|\bvat (?:number|id)\b|\bbank (?:details|transfer)\b"
        r"|\btransfer\b.{0,20}\brelease\b|\brelease\b.{0,20}\btransfer\b",
        r"\b(?:book|translation|foreign|reproduction|usage) rights\b|\bhand (?:it|them|this) out\b"
        r"|\b(?:terms|conditions) (?:for|of) (?:use|reuse|translation)\b|\bwhom? (?:do|should) (?:i"
        r"|we) (?:talk|speak|write) to about\b|\bwould like to (?:translate|reprint|republish|license"
        r"|use)\b",
        r"\bhätten sie (?:zeit|interesse|lust)\b|\bseriez-vous (?:disponible|intéressée?"
        r"|d['’]accord)\b|\bdarías? una\b|\bestarías? (?:disponible|interesad)|\bteria (?:interesse"
        r"|disponibilidade)\b|\bgostaríamos de (?:apresentar|convid|oferecer)"
        r"|\bnos gustaría (?:invitar|ofrecer|colaborar)|\bwir (?:würden|möchten) (?:sie|gern"
        r"|gerne)\b.{0,60}\b(?:einladen|gewinnen|anbieten|vorstellen)",
    ),
    cue(
        2.8,
        "asks for a price or a permission",
        r"\b(?:do|would|much do) you charge\b|\bwhat (?:are|is) your (?:fee|fees|rate|rates|price"
        r"|pricing|availability)\b|\bday rate\b|\bhalf-day\b|\b(?:can|could|may|might) (?:i|we) (?:use"
        r"|reuse|share|reproduce|copy|adapt|include|translate|publish|show) (?:your|the|this|some"
        r"|parts?)\b",
        r"\bcredit you\b|\bwith (?:credit|attribution)\b|\bwas (?:kostet|verlangen|nehmen) sie\b"
        r"|\bdarf ich\b.{0,60}\b(?:verwenden|nutzen|zeigen)\b|\bcombien (?:coûte|demandez|prenez)"
        r"|\b(?:puis-je|pourrions-nous|peut-on) (?:utiliser|reprendre|traduire|publier)"
        r"|\bcuánto (?:cobra|cuesta)|\b(?:podemos|podríamos|puedo) (?:usar|traducir|publicar"
        r"|reproducir|utilizar)\b|\bquanto (?:cobra|custa)|\bpodemos (?:usar|traduzir|publicar)\b",
    ),
    cue(
        2.6,
        "looks for people",
        r"\b(?:looking|searching|hiring) for (?:a|an|our next|someone)\b.{0,60}\b(?:head|manager"
        r"|director|lead|vp|analyst|designer|consultant|specialist|speaker|writer|guest)\b"
        r"|\b(?:know (?:any|anyone|anybody|someone|somebody)|candidates?)\b.{0,40}\?",
    ),
    cue(
        3.2,
        "is about where mails go",
        r"\bfuture (?:issues|letters|e?mails|newsletters)\b.{0,30}\bto\b|\bprivate address\b"
        r"|\b(?:leaving|left) (?:the|my|this) (?:company|job|firm)\b|\b(?:mailing|distribution) list\b"
        r"|\bverteiler\b|\bliste (?:de diffusion|d['’]envoi)\b|\blista de (?:correo|distribución"
        r"|e-?mails?)\b|\bwho gave you my\b|\bhow did you get my\b",
    ),
    cue(
        3.2,
        "wants to arrange something with us",
        r"\b(?:can|could|may|might) (?:i|we) (?:interview|speak to|speak with|meet|hire|book|host|have you)\b"
        r"|\bcould you (?:join|speak|moderate|attend|come to)\b|\bputting together (?:a|an) (?:panel|event"
        r"|conference|programme|evening)\b|\b(?:group|team|company|bulk) (?:subscription|licen[cs]e|rate|plan)\b"
        r"|\bpay once\b|\bconsulting (?:work|days|job)\b|\btaking on (?:clients|work"
        r"|consulting|new)\b|\bmaster['’]s student\b|\bwriting (?:my|a|an) (?:thesis|dissertation)\b",
        r"\b(?:tradurre|traduzione|diritti|collaborazione|preventivo|fattura|disiscriv|cancellar\w+ (?:mi|dalla)"
        r"|invitar(?:la|vi))\w*|\b(?:uitschrijven|afmelden|factuur|samenwerk\w+|vertalen|uitnodig\w+)\b"
        r"|\b(?:avsluta|avregistrera|faktura|avmeld\w*|afmeld\w*|wypisa\w+|rezygnuj\w*|odhlásit)\b"
        r"|配信停止|退会|解除|請求書|見積|講演|退订|отпис\w+|구독 취소",
    ),
    cue(
        3.4,
        "is about who reads at an address",
        r"\bno longer works? (?:here|for|with)\b|\bdirect (?:all )?(?:mail|e-?mails?|correspondence) to\b"
        r"|\bplease use \S+@|\b(?:old|this|that) address (?:goes|is going|will)\b"
        r"|\bwrong person\b",
        r"\breport (?:you|this|it) to\b|\b(?:asked|told you|written) (?:\w+ ){0,2}(?:two|three|four|several|many"
        r"|\d) times\b.{0,80}\b(?:stop|report|off|remove|regulator|lawyer)\b|\A\W*stop\W+stop\b",
        r"\byou have been selected\b|\bgift card\b|\bconfirm your (?:details|account)\b|\bclaim your\b",
    ),
)
