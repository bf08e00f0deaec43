"""Advice that several tables give."""

from __future__ import annotations

from panel.services.refusals import N_

BY_ITSELF = N_("Nothing to do: Postroom tries again by itself and uses other providers meanwhile.")
SMALLER = N_("Send fewer or smaller attachments, or add a provider with a larger limit.")
CHECK_ADDRESS = N_("Check the address with the recipient.")
SHOW = N_("Show the exact answer to the provider.")
