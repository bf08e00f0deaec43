"""Which language a page is in: the person's, else the browser's cookie, else what it asks for."""

from __future__ import annotations

from flask import request

from panel.web.access import present_actor

LANGUAGES = ("en", "tr")
COOKIE = "postroom_language"


def choose_language() -> str:
    """One of LANGUAGES."""
    actor = present_actor()
    for wish in (actor.language if actor else "", request.cookies.get(COOKIE, "")):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
