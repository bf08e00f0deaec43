"""The words for a rule that this version does not know."""

from __future__ import annotations

from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

UNKNOWN = Explanation(
    N_("The provider did not take the mail."),
    N_("Read the answer of the server below; it says why."),
)
