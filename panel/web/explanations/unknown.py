"""The words for a rule that this version does not know."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from panel.web.explanations.explanation import Explanation

UNKNOWN = Explanation(
    _l("The provider did not take the mail."),
    _l("Read the answer of the server below; it says why."),
)
