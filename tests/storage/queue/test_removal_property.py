"""Whatever mail there is: exactly what is old enough goes, with contents that nobody needs."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from panel.storage.database import session_for
from panel.storage.models import Attempt, Content, Delivery, Message, Ruling
from panel.storage.queue.removal import Part
from tests.factories.ended import an_ended_mail, days_ago, has_body
from tests.storage.queue.test_removal import sweep

ENDS = st.one_of(st.none(), st.integers(min_value=0, max_value=60))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    mails=st.lists(
        st.tuples(st.lists(ENDS, min_size=1, max_size=3), st.integers(0, 2)), max_size=8
    ),
    bodies=st.integers(0, 60),
    whole=st.integers(0, 60),
)
def test_exactly_what_is_old_enough_goes_whatever_there_is(engine, mails, bodies, whole):
    with session_for(engine) as session:
        for table in (Ruling, Attempt, Delivery, Message, Content):
            session.execute(delete(table))
        made = {
            an_ended_mail(
                session,
                *(None if end is None else days_ago(end) for end in ends),
                body=b"%d" % content,
            ): (ends, content)
            for ends, content in mails
        }

        sweep(session, Part.BODY, until=days_ago(bodies))
        sweep(session, Part.ALL, until=days_ago(whole))

        expected = {}
        for identifier, (ends, _content) in made.items():
            youngest = None if None in ends else min(ends)
            is_gone = youngest is not None and youngest >= whole
            has_lost = youngest is not None and youngest >= bodies
            expected[identifier] = None if is_gone else not has_lost
        assert {one: has_body(session, one) for one in made} == expected
        needed = {b"%d" % content for one, (_, content) in made.items() if expected[one]}
        assert set(session.scalars(select(Content.body))) == needed
