"""Advice that several tables give."""

from __future__ import annotations

from panel.services.refusals import N_

BY_ITSELF = N_("Nothing to do: Postroom tries again by itself and uses other providers meanwhile.")
LATER = N_("Nothing to do: it is sent again later.")
AGAIN = N_("Nothing to do: the mail was not taken and is sent again by itself.")
IN_TURN = N_("Nothing to do: the others follow in another round.")
TO_WAIT = frozenset({BY_ITSELF, LATER, AGAIN, IN_TURN})
"""What is no advice any more once a mail has ended: there is no further try."""
SMALLER = N_("Send fewer or smaller attachments, or add a provider with a larger limit.")
CHECK_ADDRESS = N_("Check the address with the recipient.")
SHOW = N_("Show the exact answer to the provider.")
