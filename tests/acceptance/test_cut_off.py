"""A worker loses the way to PostgreSQL while its mails are on the wire, and finds it again."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from panel.domain.delivery import DeliveryState, Stream
from panel.storage.models import Delivery
from tests.acceptance.passage import Passage
from tests.acceptance.scene import CONNECTIONS
from tests.acceptance.test_sleepers import all_in, has_settled, story
from tests.fakes.smtp_features import Features
from tests.fakes.smtp_server import SmtpServer
from tests.kit.machines import hasty, machines
from tests.kit.patience import until

__all__ = ["machines"]

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
MINUTE = timedelta(minutes=1)
LONG_S = 60.0
MAILS = 30
"""To each of two providers; who is unconfirmed waits for a person, as both streams hold."""
RESCUED = (DeliveryState.SENT, DeliveryState.UNCONFIRMED)
LEASE_LOST = 75
"""The exit status of a worker that may not act any more."""


@pytest.fixture
def passage(engine, machines):
    """The way of the first machine to the database."""
    socket = f"{engine.url.query['host']}/.s.PGSQL.5432"
    with Passage(machines.second_address, socket) as passage:
        yield passage


@pytest.fixture
def provider(scene, machines):
    """Makes a provider of one stream, whose server all machines reach."""
    servers = []

    def make(**features):
        server = SmtpServer(Features(**features))
        server.host = machines.address
        servers.append(server)
        server.start()
        return server

    def provider(name, stream):
        return scene.provider(name, host=machines.address, account_types=[stream.value])

    scene.make_smtp_server = make
    yield provider
    for server in servers:
        server.stop()
        server.raise_errors()


@pytest.fixture
def start(scene, machines, passage):
    """Starts a worker on the first machine, which takes the passage, or on the second."""
    own = scene.engine.url
    far = own.set(host=machines.second_address, port=passage.port)
    urls = (far.difference_update_query(["host"]), own)

    def start(number):
        scene.installation.prefix = machines.apart[number].prefix
        url = urls[number].render_as_string(hide_password=False)
        egress = {"POSTROOM_OPERATOR_EGRESS": f"{machines.address}/32"}
        return scene.worker({**hasty(), **egress, "POSTROOM_DATABASE_URL": url})

    return start


@pytest.fixture
def cut_off(machines, passage):
    """The first machine loses its way to the database, as long as one likes."""

    @contextmanager
    def cut_off():
        machine, address = machines.apart[0], machines.second_address
        if machine.interface:
            machine.cut_off(address)
            yield
            machine.connect(address)
        else:
            passage.cut()
            yield
            passage.mend()

    return cut_off


def test_a_worker_that_is_cut_off_from_its_database_neither_sends_nor_writes_what_others_rescued(
    scene, provider, start, cut_off
):
    before_the_dot = provider("before", Stream.CRM)
    after_the_dot = provider("after", Stream.CUSTOMER_SERVICE)
    before_the_dot.stall("data")
    after_the_dot.delay("final", 3.0)
    lonely = start(0)
    half = scene.intake.put(scene.engine, Stream.CRM, MAILS)
    taken = scene.intake.put(scene.engine, Stream.CUSTOMER_SERVICE, MAILS)
    wait_for_the_wire(before_the_dot, after_the_dot)
    with cut_off():
        cut_at = datetime.now(UTC)
        before_the_dot.heal()
        after_the_dot.heal()
        start(1)
        until(lambda: all_in(scene, [*half, *taken], *RESCUED), timeout_s=LONG_S)
        took = datetime.now(UTC) - cut_at
        in_doubt = scene.count(Delivery.state == DeliveryState.UNCONFIRMED)
        until(lambda: has_settled(scene, after_the_dot), timeout_s=LONG_S)
        before = scene.taken, story(scene)
    lonely.wait_for("worker_stopped")

    assert took < MINUTE
    assert lonely.stop() == LEASE_LOST, lonely.output
    assert 3 <= in_doubt < 2 * CONNECTIONS * 2  # to each of two providers
    assert (scene.taken, story(scene)) == before
    scene.wait_for_quiet()
    scene.reckon()


def wait_for_the_wire(before_the_dot, after_the_dot):
    """Until a mail is half handed over, and some are taken and not yet answered."""
    before_the_dot.wait_for_command("DATA", timeout_s=LONG_S)
    after_the_dot.wait_for(3, timeout_s=LONG_S)
