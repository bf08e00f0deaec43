"""The words by which servers tell, beside the code, what they mean; all in lower case."""

from __future__ import annotations

GREYLIST = ("greylist", "graylist", "grey-list", "gray-list", "grey list", "postgrey", "sqlgrey")
RATE = (
    "rate limit", "ratelimit", "rate-limit", "throttl", "sending rate", "per hour", "this hour",
    "per minute", "per second", "connection limit", "concurrent", "frequency limited",
    "sender thread limit", "exceeded permitted limits", "hourly", "too many messages",
    "too many mails", "too many emails", "too many connections",
)  # fmt: skip
TOO_MUCH = (
    "too many", "too fast", "too quickly", "unusual rate", "slow down", "too much mail",
    "messages exceeded", "too often", "too frequent", "unexpected volume", "excessive volume",
    "too many sessions",
)  # fmt: skip
QUOTA = (
    "daily", "per day", "sending limit", "sending quota", "submission quota", "message quota",
    "monthly", "credits",
    "relay limit", "insufficient balance", "plan limit", "email limit", "exceeded your quota",
)  # fmt: skip
SUSPENDED = (
    "account suspended", "account is suspended", "account has been suspended",
    "account is temporarily suspended", "account temporarily suspended", "sending suspended",
    "sending paused", "account disabled", "account is disabled", "account has been disabled",
    "sending is disabled", "sending disabled", "account is under review", "not yet activated",
    "account not activated", "unusual sending activity", "outgoing blocked", "account is blocked",
    "banned sender", "spam abuse detected", "tenant has exceeded",
)  # fmt: skip
MAILBOX_FULL = (
    "mailbox full", "mailbox is full", "mailbox was full", "over quota", "overquota",
    "quota exceeded", "exceeded quota", "exceeded its quota", "out of storage",
    "exceeded storage", "insufficient disk", "inbox is full", "quota full",
)  # fmt: skip
TOO_MANY_RECIPIENTS = ("too many recipients", "too many rcpt", "recipient limit")
ONE_TRANSACTION = ("per transaction", "separate transaction")
BUSY_RECIPIENT = ("is receiving mail", "is receiving email", "recipient thread limit")
UNKNOWN_RECIPIENT = (
    "user unknown", "unknown user", "no such user", "no such mailbox", "no such recipient",
    "no such address", "does not exist", "doesn't exist", "doesn't have a", "user not found",
    "no mailbox here", "no mailbox by that name", "invalid recipient", "unknown recipient",
    "recipient unknown", "recipient not found", "invalid mailbox", "address unknown",
    "unknown address", "unrouteable address", "mailbox not found", "unknown local",
)  # fmt: skip
UNKNOWN_DOMAIN = (
    "domain not found", "null mx", "host unknown", "unrouteable domain", "domain does not exist",
    "domain doesn't exist", "bad destination system", "does not accept mail", "nullmx",
)  # fmt: skip
UNKNOWN_LATE = (
    "user unknown", "unknown user", "no such user", "user not found", "no such mailbox",
    "no such recipient", "mailbox not found", "delivery error: dd",
)  # fmt: skip
DISABLED_RECIPIENT = (
    "disabled", "inactive", "suspended", "deactivated", "no longer available", "is frozen",
    "account is blocked", "mailbox is blocked",
)  # fmt: skip
RELAY = (
    "relaying", "relay access", "relay denied", "relay not", "relay prohibited", "not relay",
    "to relay", "no relay", "relay is", "rcpthosts", "unauthenticated senders",
    "authentication required", "authentication is required", "must authenticate",
    "not authenticated", "must be authenticated", "must login", "must log in", "please log in",
    "need to authenticate", "authenticate first", "need to auth", "auth first",
    "smtp authentication",
)  # fmt: skip
SENDER = (
    "sender address", "sender rejected", "sender denied", "sender not", "sender is not",
    "sender domain", "invalid sender", "sender verif", "not owned by", "not verified",
    "unverified", "send as", "not allowed to send", "not authorized to send", "from address",
    "envelope from", "from header", "unauthenticated email", "dmarc", "spf check", "spf fail",
    "spf validation", "return path", "return-path", "bad sender", "sender's", "from domain",
    "from: domain", "mailfrom domain", "valid from", "sendasdenied", "relaying disallowed as",
    "from/sender", "per spf", "spf record", "sending domain", "sender signature",
    "sender invalid", "spf policy", "spf and dkim", "dkim does not pass", "dkim auth", "dkim fail",
)  # fmt: skip
REPUTATION = (
    "blocked using", "blacklist", "blocklist", "block list", "black list", "spamhaus", "spamcop",
    "barracuda", "reputation", "banned sending", "been banned", "your ip", "client host", "dnsbl",
    " rbl", "is listed", "listed at", "listed in", "listed on", "reverse dns", "ptr record",
    "blocked by", "proofpoint", "bad helo", "not accepted from", "our ip", "sending ip",
    "ip address", "network not allowed", "host not allowed",
)  # fmt: skip
CONTENT = (
    "spam", "virus", "malware", "phish", "infected", "content", "prohibited", "attachment",
    "suspicious", "malicious", "unsolicited", "bulk", "junk", "banned",
)  # fmt: skip
LINE = ("line limit", "line too long", "line length", "lines too long")
SIZE = ("too large", "too big", "message size", "message length")
OWN_TROUBLE = (
    "local problem", "local error", "internal error", "server error", "system problem",
    "system error", "lookup failure", "system storage", "disk", "out of memory",
    "resources temporarily unavailable", "insufficient system", "space shortage", "queue file",
    "overload",
)  # fmt: skip
STARTTLS = ("starttls", "encryption required", "requires encryption", "tls required", "use tls")
APP_PASSWORD = (
    "application-specific", "app password", "app-specific", "application password", "web browser",
    "webloginrequired", "weblogin", "authorization code", "less secure", "authentication code",
)  # fmt: skip
LOGIN_OFF = (
    "smtpclientauthentication is disabled", "basic authentication is disabled",
    "basic authentication is not supported", "smtp auth is disabled", "smtp access is disabled",
    "auth not enabled", "smtp is not enabled", "smtp service is not enabled", "smtp not enabled",
    "smtp auth disabled", "legacy authentication",
)  # fmt: skip
LATER = ("again later", "try later", "temporar", "too many", "too often", "rate limit")
