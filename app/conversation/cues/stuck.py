"""Stuck: somebody asks for help, with the work or with our mails, pages and files."""

from app.conversation.cues.cue import Cue, cue

CUES: tuple[Cue, ...] = (
    cue(
        2.4,
        "asks how or what to do",
        r"\bhow (?:do|can|would|should|could|did) (?:i|we|you|one)\b",
        r"\bhow to\b.{0,80}\?",
        r"\bwhat (?:would|should|do|could|can|did) (?:you|i|we)\b(?! (?:love|want|like) to (?:see|read))",
        r"\bwhere (?:would|do|should|could|can) (?:you|i|we)\b",
        r"\bwhich .{0,60}(?:would|do|should) you\b",
        r"\bhow (?:long|small|much|many|often)\b.{0,80}\?",
        r"\bnow what\b|\bwhat now\b",
        r"\bwas würden sie|\bwie (?:würden|kann|können|soll|gehe|macht|bringe|schaffe)|\bwo (?:würden"
        r"|fange|soll)",
        r"que feriez|par où|comment (?:faire|puis|peut|feriez|convainc|vous)",
        r"¿?c[óo]mo (?:puedo|harías|hago|convences|lo|se|podemos)|qué har(?:ías|ía)|por dónde",
        r"como (?:posso|você|vocês|faço|fazer|convencer)|o que (?:você )?faria|por onde",
    ),
    cue(
        2.2,
        "asks for advice or help",
        r"\bany (?:advice|tips?|pointers?|ideas?|thoughts? on how|recommendations?|help)\b",
        r"\b(?:some|your) (?:advice|help)\b",
        r"\bhelp(?: me| us)?\b\s*[?!.]",
        r"\b(?:can|could|would) you (?:help|advise|explain|recommend|point|send|resend|check|clarify|share)",
        r"\bdo you have (?:a|an|any)\b.{0,60}(?:template|example|tool|checklist|version|slide|tip"
        r"|suggestion)",
        r"\bhelp (?:me|us)\b",
        r"\bany chance (?:of|you)\b",
        r"\bwhat (?:arguments|tool|tools|metric)\b",
        r"have you seen (?:any|it|this)",
        r"\bhas any(?:one|body)\b",
        r"haben sie (?:einen|eine|ein) (?:tipp|rat|idee|beispiel|vorlage)|können sie (?:mir|uns)"
        r"|helfen sie|um rat\b|hilfe\b",
        r"pou(?:vez|rriez)-vous (?:m['’]aid|m['’]envoy|me |nous )|aidez|un conseil|m['’]aider",
        r"me (?:la |lo )?(?:puedes|podrías|puede) |(?:algún|un) consejo|ayud",
        r"pode(?:ria)? me |alguma (?:dica|ideia)|me ajud|ajuda\b",
    ),
    cue(
        2.4,
        "is stuck",
        r"\bstuck\b",
        r"\bstruggl",
        r"\bno idea (?:how|what|where)|\bout of ideas\b|wits['’]? end",
        r"\b(?:don['’]?t|do not|not sure|unsure) (?:know )?(?:where|how|what) to\b",
        r"\bpanic|\bdrowning\b|\boverwhelm|\bdesperate|\bat a loss\b|broken record"
        r"|\bi (?:just )?can(?:no|['’]?)t (?:make|get|find|figure|log|open|download|see|seem)",
        r"komme .{0,60}nicht weiter|weiß nicht(?: mehr)? (?:weiter|wie|wo|was)|stecke fest|blockt|verzweif",
        r"\bperdue?\b|\bbloqué|je n['’]arrive pas|je ne sais (?:pas|plus)|je galère",
        r"no (?:sé|consigo|logro|puedo)|atascad|sin éxito|tengo un problema",
        r"travad|não (?:consigo|sei|conseguimos)|estou perdid|sem sucesso",
    ),
    cue(
        2.6,
        "something of ours does not work",
        r"(?:does|do|did|is|are)(?:n['’]?t| not) (?:work|open|load|download|arriv|show)",
        r"\bwon['’]?t (?:open|load|download|play|let me)",
        r"\bexpired\b",
        r"\berror (?:message|page)|\bblank page|\bspinning\b",
        r"never (?:arrived|received|got)|(?:hasn['’]?t|has not|didn['’]?t|did not) (?:arrive|come"
        r"|receive|get)",
        r"keeps? telling me|unknown address|address is invalid|says (?:it|my|the|unknown)",
        r"can(?:no|['’]?)t (?:find|log ?in|sign ?(?:in|up)|open|download|access)",
        r"\bkeep getting\b|\b(?:still|been) waiting\b|\bno \w+ (?:ever )?(?:comes?|came|arrives?|appears?)\b"
        r"|\bnothing (?:came|comes|arrived|happens|happened)\b",
        r"funktioniert .{0,30}nicht|geht nicht|fehlermeldung|nicht (?:angekommen|erhalten|bekommen)",
        r"ne (?:fonctionne|marche|s['’]ouvre)|reste blanche|pas reçu|télécharger",
        r"no (?:me )?(?:ha llegado|llegó|funciona|abre|puedo (?:abrir|descargar))|no he recibido",
        r"não (?:chegou|funciona|abre|recebi|consigo (?:abrir|baixar))",
    ),
    cue(
        1.5,
        "tells of trouble at work",
        r"\bmy (?:boss|manager|ceo|cfo|director|sponsor)\b|\bour (?:ceo|cfo|cto|product team|legal"
        r"|finance|it director|churn)\b",
        r"(?:no|zero|cut) .{0,20}\bbudget|by (?:friday|monday|tomorrow|tuesday)|exhausted|morale"
        r"|\bblocks? every|\bwe lost (?:our|the)\b",
        r"geschäftsführung|kein (?:geld|budget)|\bvorstand\b",
        r"mon (?:directeur|équipe|chef|patron)",
        r"mi (?:equipo|jefe|empresa)|director financiero",
        r"meu (?:time|chefe|diretor)|minha equipe",
    ),
    cue(
        1.2,
        "a question follows the praise",
        r"(?:quick|one|but|here is my|small) (?:question|problem)|question though|but (?:here|how|what"
        r"|i (?:just )?can)",
    ),
    cue(
        2.4,
        "something will not work for them",
        r"\bwon['’]?t (?:\w+ ){0,2}(?:print|start|work|save|send|accept|show|display|go through|scan"
        r"|import|copy|budge)\b|\bcan(?:no|['’]?)t (?:get (?:past|in|into|it|the)|reach|view|print"
        r"|click|confirm|register|subscribe|change|update)\b",
        r"\b(?:link|button|form|page|site|pdf|file|captcha|confirmation|download)\b.{0,60}\b(?:dead"
        r"|broken|missing|stuck|fails?|frozen|freezes|crash\w*|loops?|nowhere|nothing|never|won['’]?t"
        r"|doesn['’]?t|isn['’]?t)\b",
        r"\b(?:nothing|never)\b.{0,50}\b(?:link|button|form|page|click|press|pdf|download|inbox"
        r"|confirmation)\b|\bspits? out\b|\b(?:404|403|500)\b|\bhow do i (?:get|log|change|update|find"
        r"|download|open|unsubscribe from one)\b",
        r"\bkann .{0,40} nicht (?:öffnen|herunterladen|finden|anmelden)|\blink .{0,40}(?:tot|leer"
        r"|nicht)|\bkeine (?:mail|bestätigung)|\bnie (?:an|etwas)|\bkam (?:nie|nicht|nichts)\b",
        r"\blien .{0,50}(?:nulle part|mort|cassé|erreur|pas)\b|\brien (?:ne se passe|reçu)"
        r"|\bje ne (?:peux|reçois|trouve|vois)\b",
        r"\benlace .{0,50}(?:roto|no|nada|blanco)\b|\bno (?:aparece|llega|carga|encuentro)\b|\b(?:link"
        r"|e-?mail|página) .{0,40}(?:não|nunca|quebrad)|\bnão (?:aparece|encontro|carrega)\b",
    ),
    cue(
        2.0,
        "asks for a steer",
        r"\b(?:tips|advice|ideas|suggestions|pointers|thoughts|ammunition|wisdom|guidance|a steer"
        r"|a nudge|help) (?:\w+ ){0,3}(?:welcome|appreciated|received|needed|wanted|please)\b",
        r"\bpick your brain|\bsanity check\b|\bwhere (?:on earth|would one|to (?:start|begin)"
        r"|does one)\b|\bany (?:you['’]d|that you|one that)\b|\bwhat['’]s a (?:fair|good|realistic"
        r"|normal|sensible)\b",
        r"\b(?:is|are) (?:it|there|we|they) .{0,80}\bor\b.{0,60}\?|\b(?:do|should|would) (?:i"
        r"|we) .{0,80}\bor\b.{0,60}\?|\bhow (?:on earth|the hell|would one|does one|have others"
        r"|do others|do other|do people)\b",
        r"\b(?:i|we)(?:['’]ve| have)? (?:been asked|been told|inherited|have to|need to"
        r"|must) (?:to )?\b.{0,160}\?|\bneed (?:\w+ ){1,4}(?:by|before|until) (?:noon|tomorrow|monday"
        r"|tuesday|wednesday|thursday|friday|tonight|the end)",
        r"\b(?:einen )?(?:rat|tipp|hinweis|ansatz)\b.{0,30}\?|\bwomit\b.{0,60}\?|\bwie (?:fängt|geht"
        r"|kriegt|bekommt|schafft|macht) man\b|\bune (?:idée|piste)\b|\bcomment (?:s['’]y|on)\b"
        r"|\balguna (?:idea|pista|sugerencia)\b|\balguma (?:ideia|dica|sugestão)\b",
    ),
    cue(
        2.2,
        "does not see how",
        r"\b(?:don['’]?t|do not|didn['’]?t|can['’]?t|cannot|fail to|struggle to|hard to) (?:quite "
        r"|really |fully )?(?:understand|see|get|grasp|work out|figure out|tell) (?:how|what|why|where"
        r"|which)\b|\bwrestling with\b|\bhow to (?:apply|adapt|translate|measure|convince|start|get"
        r"|make|fit)\b",
        r"\bsomething went wrong\b|\bgoing (?:round|around) in circles\b|\bhitting a wall\b"
        r"|\bin circles\b|\bdrehen uns im kreis\b|\btourn\w+ en rond\b|\bdando vueltas\b"
        r"|\bwhat does .{1,40} (?:mean|stand for)\b",
    ),
    cue(
        3.4,
        "wants a setting changed, not to leave",
        r"\b(?:where|how) (?:do|can|could) i (?:change|set|choose|keep|switch|turn|adjust|edit|only)\b"
        r"|\b(?:only|just) (?:want|wanted|need) (?:the|fewer|one|tuesdays?|sundays?)\b"
        r"|\bhow do i get back\b|\bstill (?:want|like) (?:the|to get)\b",
        r"\bwo (?:stelle|kann|ändere) ich\b|\bmöchte ich (?:behalten|weiter)|\boù (?:puis-je|modifier"
        r"|changer)\b|\bdónde (?:cambio|puedo)\b|\bonde (?:mudo|posso|altero)\b",
    ),
    cue(
        2.6,
        "says what goes wrong with our mails",
        r"\b(?:arrives?|comes?|get (?:it|them|everything|each)|land) (?:twice|double|late|empty|as spam)\b"
        r"|\b(?:can['’]?t|cannot|can not|unable to) (?:even )?(?:read|see|open) (?:this|the|your|any) (?:letter"
        r"|mail|e-?mail|newsletter|text|page)\b|\bquestion marks\b|\bcan you look into\b"
        r"|\bplease (?:look into|fix|resend|check what)\b|\bwhat am i doing wrong\b",
        r"\b(?:no|nunca) me (?:llega|llegan|llegó|deja|carga)\b|\bhe probado\b|\b(?:file|link|pdf|allegato) .{0,20}"
        r"(?:vuoto|rotto|non)\b"
        r"|\bnon (?:riesco|funziona|arriva|si apre|trovo|so come)\b|\bpotete (?:rimandar|aiutar|mandar)\w+"
        r"|\b(?:werkt|opent|lukt|komt) (?:\w+ )?niet\b|\bkunt u (?:mij|me|ons|even)\b|\bik (?:kan|krijg)"
        r" .{0,40}\b(?:niet|geen)\b|\bfungerar inte\b|\bvirker ikke\b|\bnie działa\b|\bnefun(?:guje|kčn)\w*",
        r"開けません|開かない|表示され(?:ない|ません)|届(?:かない|いていません|きません)|できません|教えて(?:ください|いただ)"
        r"|どうすれば|打不开|收不到|怎么办|请问|не (?:работает|открывается|приходит)|안 (?:열|와)",
    ),
    cue(
        1.8,
        "asks what was meant",
        r"\bwhen you (?:say|write|speak of|talk about)\b.{0,160}\?|\bdoes (?:that|it|an?|the) .{0,60}\b(?:count"
        r"|include|mean|apply)\b.{0,30}\?",
    ),
)
