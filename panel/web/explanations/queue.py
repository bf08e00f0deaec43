"""Words for what happens in Postroom itself, with no provider involved."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from panel.web.explanations.explanation import Explanation

_NO_PROVIDER = Explanation(
    _l("No provider can take the mail at the moment; it waits."),
    _l("Look at the list of providers: activate one, or see why each is passed over."),
)

QUEUE: dict[str, Explanation] = {
    "no_route": _NO_PROVIDER,
    "no_provider": _NO_PROVIDER,
    "expired": Explanation(
        _l("The mail could not be sent before its time was over."),
        _l("See the attempts for the reasons. Send it again if it is still wanted."),
    ),
    "lease_lost": Explanation(
        _l("Another worker has taken this mail over; this one did not hand it out."),
        _l("Nothing to do."),
    ),
    "worker_lost": Explanation(
        _l("Postroom was interrupted while the mail was being handed over."),
        _l(
            "Look in the provider's own log, or ask the recipient, before you send it again: it "
            "may have arrived."
        ),
    ),
}
