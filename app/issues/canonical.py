"""One article, one address: what readers are sent to, and how we notice that we have met it before.

Two functions of an address alone. `clean_url` is a link for readers: it leads where the given one leads, without the
marks by which somebody counts who came from where. `same_article_key` is never shown or followed; it only compares,
so it may forget what a link needs (scheme, www, AMP). Both are idempotent, and both would rather keep two addresses
of one article apart than take two articles for one.
"""

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from app.foundation.errors import InvalidInput
from app.issues.targets import LONGEST, Target, read_target

_TRACKING: Final = re.compile(
    r"(?i)(?:utm_\w+|at_(?:medium|campaign|custom\d?|link_\w+|format|ptr_name|bbc_team)|fb_(?:action_\w+|source|ref)"
    r"|hsa_\w+|elq\w*|pk_(?:campaign|kwd|source|medium)|mtm_\w+|matomo_\w+|ns_(?:mchannel|source|campaign|linkname|fee)"
    r"|oly_(?:anon|enc)_id|guce_referrer\w*|_hs(?:enc|mi)|hsctatracking|__hs\w+|_bhlid|_ga|_gl|_ke|_kx|__s|__twitter_impression"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|ttclid|yclid|li_fat_id|igshid?|mc_[ce]id|mkt_tok"
    r"|vero_(?:id|conv)|wickedid|s_cid|s_kwcid|cmpid|ncid|ito|icid|guccounter|smid|smtyp|sref|ck_subscriber_id"
    r"|trk|trkinfo|trackingid|rcm|midtoken|midsig|lipi|licu|ref_(?:src|url)|referringsource|spm|share_id|__cft__.*|__tn__)"
)
_REFERRER: Final = re.compile(r"(?i)(?:ref|source|referrer|cmp)")
"""Words that count visits on some sites and choose an article on others; only a value without a digit is a mark."""
_REFERRER_VALUE: Final = re.compile(r"[A-Za-z][A-Za-z._-]{2,40}")
_ONLY_FOR_SOME: Final = {
    "substack.com": re.compile(
        r"(?i)(?:r|s|isfreemail|publication_id|post_id|triedredirect|showwelcome\w*|open)"
    ),
    "medium.com": re.compile(r"(?i)(?:source|sk|gi)"),
    "youtube.com": re.compile(r"(?i)(?:si|feature|pp|ab_channel|app|themerefresh)"),
    "youtu.be": re.compile(r"(?i)(?:si|feature)"),
    "linkedin.com": re.compile(r"(?i)(?:originalsubdomain|trk|position|pagenum)"),
    "notion.site": re.compile(r"(?i)pvs"),
    "blogspot.com": re.compile(r"(?i)m"),
    "mailchi.mp": re.compile(r"(?i)e"),
}
_KEEPS_A_DOOR_OPEN: Final = re.compile(
    r"(?i)(?:sk|unlocked_article_code|gift|gift_code|share_?token|accesstoken)"
)
"""Without them readers meet a wall, so links keep them; they do not make it another article."""

_WRAPPERS: Final = {
    ("google.com", "/url"): ("q", "url"),
    ("facebook.com", "/l.php"): ("u",),
    ("linkedin.com", "/redir/redirect"): ("url",),
    ("youtube.com", "/redirect"): ("q",),
    ("out.reddit.com", ""): ("url",),
    ("t.umblr.com", "/redirect"): ("z",),
    ("slack-redir.net", "/link"): ("url",),
    ("safelinks.protection.outlook.com", ""): ("url",),
}
_HARMLESS: Final = {"page", "paged", "replytocom", "comment_page", "m", "amp", "lang", "hl"}
_SERVED_AS: Final = {("amp", ""), ("amp", "1"), ("outputtype", "amp"), ("m", "1")}
_VIDEO: Final = re.compile(r"(?:youtu\.be/|youtube\.com/(?:shorts|embed|live)/)([\w-]{11})")
_AMP_CACHE: Final = re.compile(r"/(?:amp/|c/|v/)?s/(?P<rest>[^/]+\.[^/]+/.*)")
_PROOFPOINT: Final = re.compile(r"/v3/__(?P<url>https?:/+[^*]+?)__;")


_SHARED_HOSTS: Final = frozenset(
    {
        *(
            "substack.com",
            "wordpress.com",
            "blogspot.com",
            "tumblr.com",
            "github.io",
            "gitlab.io",
            "notion.site",
        ),
        *(
            "beehiiv.com",
            "kit.com",
            "ghost.io",
            "netlify.app",
            "vercel.app",
            "pages.dev",
            "wixsite.com",
            "web.app",
        ),
        *(
            "squarespace.com",
            "webflow.io",
            "herokuapp.com",
            "azurewebsites.net",
            "cloudfront.net",
            "amazonaws.com",
        ),
        *("livejournal.com", "typepad.com", "hashnode.dev", "write.as", "bearblog.dev", "mataroa.blog"),
    }
)
"""Under these, neighbours are strangers."""


@dataclass(frozen=True)
class _Pair:
    """One piece of a query, as it is written; many servers are particular about that."""

    raw: str

    @property
    def name(self) -> str:
        return unquote(self.raw.partition("=")[0]).lower()

    @property
    def value(self) -> str:
        return unquote(self.raw.partition("=")[2])


@dataclass(frozen=True)
class _Parts:
    """An address taken apart, its query in order; `fragment` only where it chooses a page."""

    scheme: str
    host: str
    port: int
    path: str
    pairs: tuple[_Pair, ...]
    fragment: str = ""

    @property
    def url(self) -> str:
        query = f"?{'&'.join(pair.raw for pair in self.pairs)}" if self.pairs else ""
        mark = f"#{self.fragment}" if self.fragment else ""
        return Target(self.scheme, self.host, self.port, self.path + query).url + mark


def clean_url(url: str) -> str:
    """The link for readers. Raises InvalidInput for what is no web address."""
    parts = _parts(_unwrapped(url))
    return replace(parts, pairs=tuple(pair for pair in parts.pairs if not _is_mark(parts.host, pair))).url


def same_article_key(url: str) -> str:
    """Equal for two addresses exactly when we take them for the same article. Raises InvalidInput."""
    parts = _desktop(_parts(clean_url(url)))
    pairs = sorted(pair.raw for pair in parts.pairs if not _KEEPS_A_DOOR_OPEN.fullmatch(pair.name))
    port = 443 if parts.port == 80 else parts.port
    return replace(parts, scheme="https", port=port, pairs=tuple(map(_Pair, pairs))).url


def best_canonical(page_url: str, declared: str) -> str:
    """The address to use for a page that declares `declared` about itself: that one where it is sane, otherwise the
    page's own. Raises InvalidInput when `page_url` is no web address.

    Sane is what leads to the same article: on the same site and not to its front page, to a section above the
    article, or to the article without its number; on another site only under the article's own name.
    """
    own = clean_url(page_url)
    try:
        wanted = clean_url(declared)
    except InvalidInput:
        return own
    return wanted if _sane(_parts(own), _parts(wanted)) else own


def site_of(host: str) -> str:
    """The host without what only says how it is served: `www.`, `m.`, `amp.`, `mobile.` (also inside: `en.m.`)."""
    labels = host.split(".")
    while len(labels) > 2 and labels[0] in {"www", "m", "amp", "mobile", "touch"}:
        labels = labels[1:]
    if len(labels) > 3 and labels[1] in {"m", "amp"}:
        labels.pop(1)
    return ".".join(labels)


def _sane(page: _Parts, wanted: _Parts) -> bool:
    if wanted.host != page.host and not is_somewhere(wanted.host):
        return False
    if not _related(site_of(page.host), site_of(wanted.host)):
        name = _slug(page.path)
        return bool(name) and _slug(wanted.path) == name
    here, there = page.path.rstrip("/"), wanted.path.rstrip("/")
    if here == there:
        return bool(_slug(here) or wanted.pairs) or not _chosen_by_query(page.pairs)
    above = here.startswith(f"{there}/")
    return not above or bool(re.fullmatch(r"/(?:amp|print|comments?|page/\d+|\d)", here[len(there) :]))


def _related(one: str, other: str) -> bool:
    """The same site, or one a part of the other, or parts of the same."""
    if one == other:
        return True
    if {one, other} & _SHARED_HOSTS:
        return False
    if one.endswith(f".{other}") or other.endswith(f".{one}"):
        return True
    return _registered(one) == _registered(other) not in _SHARED_HOSTS


def _registered(host: str) -> str:
    """A guess at the name that somebody registered: two labels, three under `co.uk` and its like."""
    labels = host.split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if short else labels[-2:])


def is_somewhere(host: str) -> bool:
    """A name with a dot that is not an address in numbers: pages built on somebody's desk declare `localhost`."""
    try:
        ip_address(host)
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal", ".test", ".invalid"))
    return False


def _chosen_by_query(pairs: tuple[_Pair, ...]) -> bool:
    """Does the query say which article it is? A number or a long word does."""
    told = [pair.value for pair in pairs if pair.name not in _HARMLESS]
    return any(re.search(r"\d", value) or len(value) >= 8 for value in told)


def _slug(path: str) -> str:
    """The article's own name in its path, without a number or hash at its end; "" when it is too short to be one."""
    last = re.sub(r"\.(?:html?|php|aspx?)$", "", path.rstrip("/").rpartition("/")[2].lower())
    name = re.sub(r"-(?:[0-9a-f]{8,}|\d+)$", "", last)
    return name if "-" in name and len(name) >= 9 else ""


def _unwrapped(url: str) -> str:
    """What a redirecting address carries inside, as far down as it goes (three wrappings at most)."""
    for _ in range(3):
        inner = _inside(read_target(url))
        if inner is None:
            return url
        url = inner
    return url


def _inside(target: Target) -> str | None:
    path, _, query = target.path_and_query.partition("?")
    if target.host == "urldefense.com" and (found := _PROOFPOINT.match(path)):
        return re.sub(r"^(https?):/+", r"\1://", unquote(found["url"]))
    cache = target.host.endswith(".cdn.ampproject.org")
    if cache or (target.host in {"google.com", "www.google.com"} and path.startswith("/amp/")):
        found = _AMP_CACHE.fullmatch(path)
        return f"https://{found['rest']}" + (f"?{query}" if query else "") if found else None
    for (site, start), names in _WRAPPERS.items():
        if _under(target.host, site) and (not start or path == start):
            for name, value in parse_qsl(query):
                if name in names and value.startswith(("http://", "https://")) and len(value) <= LONGEST:
                    return value
    return None


def _under(host: str, site: str) -> bool:
    return host == site or host.endswith(f".{site}")


def _is_mark(host: str, pair: _Pair) -> bool:
    name = pair.name
    if _TRACKING.fullmatch(name):
        return True
    if _KEEPS_A_DOOR_OPEN.fullmatch(name):
        return False
    if any(_under(host, site) and own.fullmatch(name) for site, own in _ONLY_FOR_SOME.items()):
        return True
    return bool(_REFERRER.fullmatch(name) and _REFERRER_VALUE.fullmatch(pair.value))


def _desktop(parts: _Parts) -> _Parts:
    """The address that the plain desktop page would have."""
    host, path = site_of(parts.host), parts.path
    path = re.sub(r"/(?:index|default)\.(?:html?|php|aspx?)$", "/", path)
    path = re.sub(r"\.amp(?=$|\.html$)", "", path)
    path = re.sub(r"(/[^/]*[-\d.][^/]*)/amp/?$", r"\1", path)  # only behind what looks like an article
    path = path.rstrip("/") or "/"
    pairs = tuple(pair for pair in parts.pairs if (pair.name, pair.value.lower()) not in _SERVED_AS)
    video = _VIDEO.fullmatch(f"{host}{path}")
    if video:
        host, path, pairs = "youtube.com", "/watch", (_Pair(f"v={video[1]}"),)
    elif host == "youtube.com" and path == "/watch":
        pairs = tuple(pair for pair in pairs if pair.name == "v")
    return replace(parts, host=host, path=path, pairs=pairs)


def _parts(url: str) -> _Parts:
    target = read_target(url)
    path, _, query = target.path_and_query.partition("?")
    fragment = urlsplit(url.strip()).fragment
    chosen = quote(unquote(fragment), safe="/!?&=:@,;~-._+") if fragment[:1] in {"!", "/"} else ""
    pairs = tuple(_Pair(_spelled(raw)) for raw in query.split("&") if raw)
    return _Parts(target.scheme, target.host, target.port, _spelled(path), pairs, chosen)


def _spelled(text: str) -> str:
    """One spelling of each character: unreserved ones plain, the others in capitals (RFC 3986 6.2.2)."""
    return re.sub(r"%([0-9A-Fa-f]{2})", _plain, text)


def _plain(found: re.Match[str]) -> str:
    char = chr(int(found[1], 16))
    return char if re.fullmatch(r"[A-Za-z0-9._~-]", char) else found[0].upper()
