"""Words for a provider that cannot be reached, or not securely."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from panel.web.explanations.explanation import Explanation

CONNECTION: dict[str, Explanation] = {
    "dns_failed": Explanation(
        _l("The host name could not be looked up: the name server did not answer."),
        _l("Try again in a minute. If it stays so, check the network and DNS of this machine."),
    ),
    "host_unknown": Explanation(
        _l("There is no server with this host name."),
        _l("Check the spelling of the host in the provider's settings."),
    ),
    "address_blocked": Explanation(
        _l("Postroom is not allowed to connect to this address."),
        _l(
            "Use a public mail server, or ask the operator to allow the address "
            "(POSTROOM_OPERATOR_EGRESS, POSTROOM_PARTNER_EGRESS)."
        ),
    ),
    "unreachable": Explanation(
        _l("The server could not be reached: it refused the connection or did not answer."),
        _l("Check host and port, and whether a firewall on the way blocks this port."),
    ),
    "no_banner": Explanation(
        _l("Something answered on this port, but it did not greet like a mail server."),
        _l(
            "Check port and encryption: port 465 usually needs SSL/TLS, ports 587 and 25 usually "
            "STARTTLS."
        ),
    ),
    "server_busy": Explanation(
        _l("The server is busy and asks to come back later."),
        _l("Nothing to do: Postroom tries again by itself and uses other providers meanwhile."),
    ),
    "turned_away": Explanation(
        _l("The server does not take mail from this machine, or takes none at all."),
        _l("Check the host. Ask the provider whether it blocks your IP address."),
    ),
    "greeting_refused": Explanation(
        _l("The server refused the greeting, so neither encryption nor login can follow."),
        _l("Ask the provider which host and port to use for sending."),
    ),
    "starttls_missing": Explanation(
        _l("The server does not offer encryption (STARTTLS) on this port."),
        _l(
            "Choose SSL/TLS with port 465 if the provider supports it. If STARTTLS worked before, "
            "something on the way may be removing it: tell your network administrator."
        ),
    ),
    "starttls_refused": Explanation(
        _l("The server offered encryption (STARTTLS) and then refused it."),
        _l("Try SSL/TLS with port 465, or ask the provider."),
    ),
    "tls_failed": Explanation(
        _l("The encrypted connection could not be set up."),
        _l("Check that encryption and port belong together, then test again."),
    ),
    "certificate_untrusted": Explanation(
        _l(
            "The certificate of the server is not trusted: it has expired, is made out to "
            "another name, or comes from an unknown issuer. The password was not sent."
        ),
        _l(
            "Check the host name. If the server is your own, renew its certificate; turn "
            "verification off only if you are sure whose server it is."
        ),
    ),
    "starttls_injection": Explanation(
        _l("The server sent unencrypted data where encryption had to begin. It may be an attack."),
        _l("Do not send over this network until the provider or your administrator has looked."),
    ),
    "connection_lost": Explanation(
        _l("The connection broke before the mail was handed over."),
        _l("Nothing to do: the mail was not taken and is sent again by itself."),
    ),
    "timed_out": Explanation(
        _l("The server did not answer in time; the mail was not handed over."),
        _l("Nothing to do: Postroom tries again by itself. If it happens often, ask the provider."),
    ),
    "protocol_error": Explanation(
        _l("The server answered something that is not SMTP."),
        _l("Check host and port; a proxy or another service may be answering there."),
    ),
    "command_refused": Explanation(
        _l("The server did not understand the conversation."),
        _l("Check host and port. If they are right, show the provider the answer below."),
    ),
    "reused_connection_closed": Explanation(
        _l("The server closed a connection that had been open for a while."),
        _l("Nothing to do: the mail goes out over a new connection."),
    ),
    "reset_refused": Explanation(
        _l("The server wanted no further mail over the same connection."),
        _l("Nothing to do: the mail goes out over a new connection."),
    ),
    "goodbye_failed": Explanation(
        _l("The connection did not end in order. This has no effect on mail."),
        _l("Nothing to do."),
    ),
}
