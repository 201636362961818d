"""Who opens a link: a person, or a program that only wants to show what is behind it."""

import re
from datetime import timedelta

# Programs that fetch a link to show a card of it, or to judge it, by what they call themselves.
PREVIEWS = re.compile(
    r"WhatsApp|facebookexternalhit|Facebot|meta-external|Slack|Twitterbot|TelegramBot|LinkedInBot"
    r"|Discordbot|SkypeUriPreview|Viber|Snapchat|Pinterest|redditbot|Iframely|Embedly"
    r"|Googlebot|GoogleImageProxy|Google-Safety|bingbot|BingPreview|Applebot|YandexBot|DuckDuckBot"
    r"|Barracuda|Proofpoint|Mimecast"
    r"|\bbot\b|crawler|spider|preview"
    r"|^curl/|^Wget/|^python-requests/|^Go-http-client/|^okhttp/|^Java/|^$",
    re.IGNORECASE,
)
# Opening it again within this time is the same visit.
PAUSE = timedelta(minutes=30)


def is_preview(method, user_agent, purpose=""):
    """Tell whether nobody looks at the answer.

    :param str method: of the request
    :param str user_agent: what the program calls itself
    :param str purpose: the header ``Sec-Purpose`` or ``Purpose``
    """
    if method == "HEAD" or "prefetch" in (purpose or "").lower():
        return True
    return bool(PREVIEWS.search((user_agent or "").strip()))


def is_new_visit(last, now):
    """Tell whether opening a link now is another visit than the last one."""
    return not last or now - last > PAUSE
