"""Words for a provider that cannot be reached, or not securely."""

from __future__ import annotations

from panel.services.explanations.advice import AGAIN, BY_ITSELF
from panel.services.explanations.explanation import Explanation
from panel.services.refusals import N_

CONNECTION: dict[str, Explanation] = {
    "dns_failed": Explanation(
        N_("The host name could not be looked up: the name server did not answer."),
        N_("Try again in a minute. If it stays so, check the network and DNS of this machine."),
    ),
    "host_unknown": Explanation(
        N_("There is no server with this host name."),
        N_("Check the spelling of the host in the provider's settings."),
    ),
    "address_blocked": Explanation(
        N_("Postroom is not allowed to connect to this address."),
        N_(
            "Use a public mail server, or ask the operator to allow the address "
            "(POSTROOM_OPERATOR_EGRESS, POSTROOM_PARTNER_EGRESS)."
        ),
    ),
    "not_reached": Explanation(
        N_("The server could not be reached."),
        N_(
            "Check host and port. It has to be a public mail server, usually at port 25, 465, 587 "
            "or 2525, that takes connections from here."
        ),
    ),
    "unreachable": Explanation(
        N_("The server could not be reached: it refused the connection or did not answer."),
        N_("Check host and port, and whether a firewall on the way blocks this port."),
    ),
    "no_banner": Explanation(
        N_("Something answered on this port, but it did not greet like a mail server."),
        N_(
            "Check port and encryption: port 465 usually needs SSL/TLS, ports 587 and 25 usually "
            "STARTTLS."
        ),
    ),
    "server_busy": Explanation(
        N_("The server is busy and asks to come back later."),
        BY_ITSELF,
    ),
    "turned_away": Explanation(
        N_("The server does not take mail from this machine, or takes none at all."),
        N_("Check the host. Ask the provider whether it blocks your IP address."),
    ),
    "greeting_refused": Explanation(
        N_("The server refused the greeting, so neither encryption nor login can follow."),
        N_("Ask the provider which host and port to use for sending."),
    ),
    "starttls_missing": Explanation(
        N_("The server does not offer encryption (STARTTLS) on this port."),
        N_(
            "Choose SSL/TLS with port 465 if the provider supports it. If STARTTLS worked before, "
            "something on the way may be removing it: tell your network administrator."
        ),
    ),
    "starttls_refused": Explanation(
        N_("The server offered encryption (STARTTLS) and then refused it."),
        N_("Try SSL/TLS with port 465, or ask the provider."),
    ),
    "tls_failed": Explanation(
        N_("The encrypted connection could not be set up."),
        N_("Check that encryption and port belong together, then test again."),
    ),
    "certificate_untrusted": Explanation(
        N_(
            "The certificate of the server is not trusted: it has expired, is made out to "
            "another name, or comes from an unknown issuer. The password was not sent."
        ),
        N_(
            "Check the host name. If the server is your own, renew its certificate; turn "
            "verification off only if you are sure whose server it is."
        ),
    ),
    "starttls_injection": Explanation(
        N_("The server sent unencrypted data where encryption had to begin. It may be an attack."),
        N_("Do not send over this network until the provider or your administrator has looked."),
    ),
    "connection_lost": Explanation(
        N_("The connection broke before the mail was handed over."),
        AGAIN,
    ),
    "timed_out": Explanation(
        N_("The server did not answer in time; the mail was not handed over."),
        N_("Nothing to do: Postroom tries again by itself. If it happens often, ask the provider."),
    ),
    "protocol_error": Explanation(
        N_("The server answered something that is not SMTP."),
        N_("Check host and port; a proxy or another service may be answering there."),
    ),
    "command_refused": Explanation(
        N_("The server did not understand the conversation."),
        N_("Check host and port. If they are right, show the provider the answer below."),
    ),
    "reused_connection_closed": Explanation(
        N_("The server closed a connection that had been open for a while."),
        N_("Nothing to do: the mail goes out over a new connection."),
    ),
    "reset_refused": Explanation(
        N_("The server wanted no further mail over the same connection."),
        N_("Nothing to do: the mail goes out over a new connection."),
    ),
    "goodbye_failed": Explanation(
        N_("The connection did not end in order. This has no effect on mail."),
        N_("Nothing to do."),
    ),
}
