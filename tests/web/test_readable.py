"""International domains: stored as mail has them, shown as people write them."""

from sqlalchemy import select

from panel.storage.models import Provider
from tests.factories.provider_forms import posted_provider


def stored(session):
    session.expire_all()
    found = session.scalars(select(Provider)).one()
    session.commit()
    return found


def test_international_domain_is_shown_as_it_is_written_and_stays_the_same(sign_in, session):
    operator = sign_in()
    words = {"host": "münchen.test", "from_email": "a@münchen.test", "domains": "münchen.test"}
    posted = posted_provider(**words)
    operator.post("/providers", data=posted)
    created = stored(session)

    page = operator.get(f"/providers/{created.id}").text
    again = operator.post(f"/providers/{created.id}", data=posted | {"version": created.version})

    assert (created.host, created.domains) == ("xn--mnchen-3ya.test", ["xn--mnchen-3ya.test"])
    assert page.count("münchen.test") >= 3
    assert "xn--mnchen" not in page
    assert again.status_code == 303
    assert stored(session).domains == created.domains
    assert "münchen" in operator.get("/providers").text
