"""Every reason to pass over a provider can be explained to a person."""

import pytest

from panel.domain.chain import Skip
from panel.web.mail_route import SKIPS
from panel.web.skip_words import SKIP_WORDS


@pytest.mark.parametrize("words", [SKIPS, SKIP_WORDS], ids=["in a word", "with advice"])
def test_every_skip_is_explained(words):
    assert set(words) == set(Skip)
