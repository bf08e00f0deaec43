"""Words for the enhanced status codes about mail systems, the way to them and the dialogue."""

from __future__ import annotations

from panel.services.explanations.advice import IN_TURN, SHOW, SMALLER
from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

_THEIR_ADMINISTRATOR = N_("If it lasts, ask the administrator of that mail system.")
_DOMAIN = N_("If it lasts, check that the recipient's domain exists and takes mail.")

SYSTEM_CODES: dict[str, Explanation] = {
    "3.0": Explanation(
        N_("The recipient's mail system has trouble of its own."), _THEIR_ADMINISTRATOR
    ),
    "3.1": Explanation(N_("The server has no room left on its disk."), _THEIR_ADMINISTRATOR),
    "3.2": Explanation(N_("The server takes no mail from us just now."), _THEIR_ADMINISTRATOR),
    "3.3": Explanation(
        N_("The server cannot do what this mail needs."), N_("Use another provider for it.")
    ),
    "3.4": Explanation(N_("The mail is larger than the server allows."), SMALLER),
    "3.5": Explanation(N_("The server is set up wrongly."), _THEIR_ADMINISTRATOR),
    "3.6": Explanation(
        N_("The server gave the mail another priority than was asked for."), N_("Nothing to do.")
    ),
    "4.0": Explanation(N_("The way to the recipient's mail system is disturbed."), _DOMAIN),
    "4.1": Explanation(N_("The recipient's server does not answer."), _DOMAIN),
    "4.2": Explanation(N_("The connection to the recipient's server broke."), _DOMAIN),
    "4.3": Explanation(
        N_("The server could not look up the recipient in its directory."), _THEIR_ADMINISTRATOR
    ),
    "4.4": Explanation(N_("No way to the recipient's server was found."), _DOMAIN),
    "4.5": Explanation(
        N_("There is too much traffic on the way, or one account takes too much of it."),
        N_("If it happens often, lower the limits of this provider in its settings."),
    ),
    "4.6": Explanation(
        N_("The mail went round in circles between servers."),
        N_("Tell the recipient's administrator: a forwarding there leads back to itself."),
    ),
    "4.7": Explanation(
        N_("The provider tried for as long as it does, and gave up."),
        N_("Send it again if it is still wanted, and check the recipient's domain."),
    ),
    "5.0": Explanation(N_("The two servers did not understand each other."), SHOW),
    "5.1": Explanation(N_("The server did not expect this command at this moment."), SHOW),
    "5.2": Explanation(N_("The server could not read a command."), SHOW),
    "5.3": Explanation(
        N_("The server takes fewer recipients at a time."),
        IN_TURN,
    ),
    "5.4": Explanation(N_("The server could not read what came with a command."), SHOW),
    "5.5": Explanation(N_("The two servers speak different versions of the protocol."), SHOW),
    "5.6": Explanation(
        N_("A line of the login is longer than the server reads."),
        N_("Use a shorter password, or ask the provider for another way to log in."),
    ),
}
