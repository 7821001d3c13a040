"""The publication as its mails show it: the renderers' Brand and the From line."""

from app.publication.models import Publication
from app.rendering.brand import Brand


def brand_of(publication: Publication) -> Brand:
    """The Brand for the renderers, who know no tables."""
    return Brand(
        name=publication.name,
        tagline=publication.tagline,
        author_name=publication.author_name,
        postal_address=publication.postal_address,
        site_url=publication.site_url,
        linkedin_url=publication.linkedin_url,
        accent=publication.accent,
        reply_address=publication.reply_address,
    )


def sender_of(publication: Publication) -> str:
    """`Edition.sender`: the author's name and the sender's address, unencoded (the message encodes it, RFC 2047)."""
    name = publication.author_name.replace('"', "").replace("\\", "")
    return f'"{name}" <{publication.sender_address}>'
