"""Browsers by the names that people know."""

import pytest

from panel.web.browsers import browser_name

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME}", "Chrome, Linux"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME}", "Chrome, Android"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/141.0.0.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("Lynx/2.9", "Lynx/2.9"),
        ("", ""),
    ],
)
def test_browser_is_named_as_people_know_it(user_agent, name):
    assert browser_name(user_agent) == name
