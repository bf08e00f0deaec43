"""A list that polls is not written out again while it shows what there is."""

import re

import pytest

from panel.domain.delivery import DeliveryState
from tests.factories.mail import a_delivery, an_attempt

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HX = {"HX-Request": "true"}


def polled(client, path, mark, **headers):
    return client.get(path, query_string={"seen": mark}, headers=HX | headers)


def mark_of(answer):
    found = re.search(r'"seen": "([0-9a-f]{24})"', answer.text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", ["/queue", "/mailing-log"])
def test_no_news_until_something_has_changed(session, sign_in, path):
    delivery = a_delivery(session, state=DeliveryState.DEFERRED)
    an_attempt(session, delivery)
    session.commit()
    client = sign_in()
    mark = mark_of(client.get(path))

    unchanged = polled(client, path, mark)
    assert (unchanged.status_code, unchanged.data) == (204, b"")
    assert polled(client, path, "0" * 24).status_code == 200

    an_attempt(session, a_delivery(session, state=DeliveryState.HELD))
    session.commit()
    news = polled(client, path, mark)
    assert news.status_code == 200
    assert mark_of(news) != mark


def test_another_language_is_news(session, sign_in):
    client = sign_in()
    mark = mark_of(client.get("/queue", headers={"Accept-Language": "en"}))

    assert polled(client, "/queue", mark, **{"Accept-Language": "tr"}).status_code == 200


def test_whole_page_is_always_written(sign_in):
    client = sign_in()
    mark = mark_of(client.get("/queue"))

    assert client.get(f"/queue?seen={mark}").status_code == 200
