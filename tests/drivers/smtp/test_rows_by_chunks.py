"""The rows of the outcome table hold for content by BDAT as they do for DATA."""

import asyncio
from dataclasses import replace

import pytest

from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.rows.case import Case, Expected
from tests.drivers.smtp.test_rows import CASES, carried

OF_DATA_ONLY = {
    "data: 503 5.5.1 No": "To BDAT it says that the offer was a mistake; see test_chunks.",
    "a yes before the dot is no yes": "A chunk is answered by a yes.",
    "an answer that nobody asked for": "The same.",
}
BY_CHUNKS = [
    replace(case, features={"chunking": True} | case.features)
    for case in CASES
    if case.row >= 14 and case.happens not in OF_DATA_ONLY
]


@pytest.mark.parametrize("case", BY_CHUNKS, ids=lambda case: f"{case.row}-{case.happens[:60]}")
def test_what_a_server_does_leads_to_its_row_by_chunks(
    driver: SmtpDriver, make_smtp_server, case: Case
):
    server = make_smtp_server(**case.features)
    case.arrange(server)

    outcomes = asyncio.run(carried(driver, case, server))

    assert tuple(map(Expected.of, outcomes)) == case.expected
    if case.mails is not None:
        assert len(server.mails) == case.mails
