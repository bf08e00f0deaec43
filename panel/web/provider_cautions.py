"""The warnings that stand above the Save button of a provider's form."""

from __future__ import annotations

from panel.services.database import current_session
from panel.services.provider_warnings import Warned, warnings_for
from panel.services.refusals import NotFound
from panel.web.access import current_actor
from panel.web.clock import now
from panel.web.forms.provider import ProviderForm


def cautions(form: ProviderForm, provider_id: int | None) -> tuple[Warned, ...]:
    """None as long as the choices of the form cannot be understood."""
    if not form.has_good_choices():
        return ()
    try:
        return warnings_for(
            current_session(),
            current_actor(),
            values=form.values(),
            provider_id=provider_id,
            now=now(),
        )
    except NotFound:
        return ()
