"""The overview in a real browser: its plot is drawn, and follows the mail without a new start."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from panel.domain.permission import COMMAND_LINE
from panel.services.audit import record
from panel.storage.queue.minutes import Sums, add
from panel.web.clock import now
from tests.factories.mail import a_delivery
from tests.factories.providers import a_provider
from tests.kit.browser import assert_accessible, assert_fits, in_every_look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAINTED = """canvas => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] === 255) colours.add(data.slice(i, i + 3).join());
    }
    return colours.size;
}"""
"""How many different colours a drawing has."""

COUNT_DRAWINGS = """() => {
    window.drawn = 0;
    window.seen = document.querySelector('#traffic-plot canvas');
    const draw = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...where) {
        window.drawn += 1;
        return draw.apply(this, where);
    };
}"""
"""Counts from now on how often something is drawn, and keeps the present drawing in mind."""


@pytest.fixture
def providers(session):
    """Two providers of the house that have sent for some hours, with a change in the audit."""
    ids = [a_provider(session, name=name).id for name in ("ses", "mailgun-eu")]
    for hours in range(5):
        for id_ in ids:
            sums = Sums(sent=100 * id_ + hours, failed=hours, sending_ms=9000)
            add(session, id_, {now() - timedelta(hours=hours): sums})
    record(session, COMMAND_LINE, action="provider.changed", subject="provider:1", now=now())
    a_delivery(session)
    session.commit()
    return ids


@in_every_look
def test_plot_is_drawn_and_can_be_read_as_a_table(operator, site, providers):
    operator.goto(site)

    canvas = operator.locator("#traffic-plot canvas")
    expect(canvas).to_be_visible()
    assert canvas.evaluate(PAINTED) > 2
    width = operator.locator("#traffic-plot .u-over").bounding_box()["width"]
    operator.locator("#traffic-plot .u-over").hover(position={"x": width - 1, "y": 60})
    expect(operator.locator(".plot-readout")).to_contain_text("ses")
    assert_accessible(operator)
    operator.get_by_text("As a table").click()
    expect(operator.locator("#traffic-table tbody")).to_contain_text("200")
    assert_accessible(operator)
    assert_fits(operator)


def test_page_follows_the_mail_and_draws_into_the_same_plot(operator, site, session, providers):
    operator.clock.install()
    operator.goto(site)
    figure = operator.locator(".figure", has_text="Sent")
    expect(figure).to_contain_text("1,520")
    operator.get_by_text("As a table").click()
    operator.evaluate(COUNT_DRAWINGS)

    with operator.expect_response(f"{site}/traffic"):
        operator.clock.run_for(30_000)
    a_delivery(session, recipient="bob@contoso.test")
    session.commit()
    operator.clock.run_for(5_000)
    expect(operator.locator(".figure", has_text="Waiting")).to_contain_text("2")
    assert operator.evaluate("window.drawn") == 0

    add(session, providers[0], {now(): Sums(sent=5000)})
    session.commit()
    operator.clock.run_for(5_000)
    expect(figure).to_contain_text("6,520")
    with operator.expect_response(f"{site}/traffic"):
        operator.clock.run_for(30_000)
    expect(operator.locator("#traffic-table tbody")).to_contain_text("5,100")
    operator.clock.run_for(100)
    assert operator.evaluate("window.drawn") > 0
    same = "window.seen === document.querySelector('#traffic-plot canvas')"
    assert operator.evaluate(same)
    expect(operator.locator("#traffic-table table")).to_be_visible()


def test_plot_appears_with_the_first_mail(operator, site, session):
    provider = a_provider(session).id
    session.commit()
    operator.clock.install()
    operator.goto(site)
    expect(operator.get_by_text("No mail in the last 24 hours.")).to_be_visible()

    add(session, provider, {now(): Sums(sent=1)})
    session.commit()
    operator.clock.run_for(30_000)

    expect(operator.locator("#traffic-plot canvas")).to_be_visible()


def test_without_script_the_table_stands_for_the_plot(plain, site, providers):
    plain.goto(site)

    plain.get_by_text("As a table").click()

    expect(plain.locator("#traffic-table tbody")).to_contain_text("200")
    expect(plain.locator("#traffic-plot")).to_be_hidden()
