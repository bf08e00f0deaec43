"""The known servers, one entry each: mailboxes first, then sending services.

Host, port and encryption are from the vendor's page named as `source` or from Thunderbird's
autoconfiguration database (github.com/thunderbird/autoconfig), both read in November 2026. What
could not be found there is not said here: an entry without `needs` may have some.
"""

from __future__ import annotations

from panel.domain.preset import Need, Preset, PresetKind, UserName
from panel.domain.preset_domains import DOMAINS
from panel.domain.provider import Encryption

_THUNDERBIRD = "https://github.com/thunderbird/autoconfig/blob/master/ispdb"
_AOL = "https://help.aol.com/articles/Create-and-manage-app-password"


def _mailbox(
    id: str,  # noqa: A002 - the name of the field
    label: str,
    hosts: str,
    port: int,
    source: str,
    *needs: Need,
    user_name: UserName = UserName.ADDRESS,
) -> Preset:
    return Preset(
        id=id,
        label=label,
        kind=PresetKind.MAILBOX,
        hosts=tuple(hosts.split()),
        port=port,
        encryption=_encryption(port),
        user_name=user_name,
        source=source,
        needs=needs,
        domains=DOMAINS.get(id, ()),
    )


def _service(
    id: str,  # noqa: A002
    label: str,
    hosts: str,
    port: int,
    source: str,
    *needs: Need,
    user_name: UserName = UserName.ISSUED,
    username: str = "",
) -> Preset:
    return Preset(
        id=id,
        label=label,
        kind=PresetKind.SERVICE,
        hosts=tuple(hosts.split()),
        port=port,
        encryption=_encryption(port),
        user_name=UserName.FIXED if username else user_name,
        username=username,
        source=source,
        needs=needs,
        driver=id,
    )


def _encryption(port: int) -> Encryption:
    """465 is TLS from the first byte (RFC 8314), the other ports of this file are STARTTLS."""
    return Encryption.SSL if port == 465 else Encryption.TLS


PRESETS: tuple[Preset, ...] = (
    _mailbox(
        "gmail",
        "Gmail, Google Workspace",
        "smtp.gmail.com",
        587,
        "https://support.google.com/accounts/answer/185833",
        Need.APP_PASSWORD,
    ),
    _mailbox(
        "outlook",
        "Outlook.com, Hotmail",
        "smtp-mail.outlook.com",
        587,
        "https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040",
        Need.OAUTH_ONLY,
    ),
    _mailbox(
        "microsoft-365",
        "Microsoft 365",
        "smtp.office365.com",
        587,
        "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/"
        "authenticated-client-smtp-submission",
        Need.SMTP_AUTH,
        Need.PASSWORD_LOGIN_ENDS,
    ),
    _mailbox(
        "yahoo",
        "Yahoo Mail",
        "smtp.mail.yahoo.com",
        465,
        "https://help.yahoo.com/kb/generate-manage-rd-party-passwords-sln15241.html",
        Need.APP_PASSWORD,
    ),
    _mailbox(
        "comcast",
        "Comcast Xfinity",
        "smtp.comcast.net",
        587,
        "https://www.xfinity.com/support/articles/third-party-email-access",
        Need.CLIENT_ACCESS,
    ),
    _mailbox(
        "zoho",
        "Zoho Mail",
        "smtp.zoho.com smtppro.zoho.com smtp.zoho.in smtp.zoho.com.au",
        465,
        "https://www.zoho.com/mail/help/zoho-smtp.html",
        Need.APP_PASSWORD_WITH_2FA,
        Need.OWN_SENDER,
        Need.RIGHT_REGION,
    ),
    _mailbox(
        "zoho-eu",
        "Zoho Mail (EU)",
        "smtp.zoho.eu smtppro.zoho.eu",
        465,
        "https://www.zoho.com/mail/help/zoho-smtp.html",
        Need.APP_PASSWORD_WITH_2FA,
        Need.OWN_SENDER,
    ),
    _mailbox("aol", "AOL Mail", "smtp.aol.com", 465, _AOL, Need.APP_PASSWORD),
    _mailbox(
        "fastmail",
        "Fastmail",
        "smtp.fastmail.com",
        465,
        "https://www.fastmail.com/help/technical/servernamesandports.html",
        Need.APP_PASSWORD,
    ),
    _mailbox(
        "gmx",
        "GMX",
        "mail.gmx.net",
        587,
        "https://www.gmx.net/mail/tipps/posts/pop3-imap/36/",
        Need.CLIENT_ACCESS,
    ),
    _mailbox("gmx-com", "GMX.com", "mail.gmx.com", 587, f"{_THUNDERBIRD}/gmx.com.xml"),
    _mailbox(
        "icloud",
        "iCloud Mail",
        "smtp.mail.me.com",
        587,
        "https://support.apple.com/HT202304",
        Need.APP_PASSWORD,
    ),
    _mailbox("mail-ru", "Mail.ru", "smtp.mail.ru", 465, f"{_THUNDERBIRD}/mail.ru.xml"),
    _mailbox("orange", "Orange", "smtp.orange.fr", 465, f"{_THUNDERBIRD}/orange.fr.xml"),
    _mailbox("posteo", "Posteo", "posteo.de", 587, f"{_THUNDERBIRD}/posteo.de.xml"),
    _mailbox(
        "t-online",
        "T-Online",
        "securesmtp.t-online.de",
        465,
        f"{_THUNDERBIRD}/t-online.de.xml",
    ),
    _mailbox(
        "web-de",
        "WEB.DE",
        "smtp.web.de",
        587,
        "https://hilfe.web.de/pop-imap/einschalten.html",
        Need.CLIENT_ACCESS,
        user_name=UserName.LOCAL_PART,
    ),
    _mailbox(
        "yandex",
        "Yandex Mail",
        "smtp.yandex.com",
        465,
        "https://yandex.com/support/passport/authorization/app-passwords.html",
        Need.APP_PASSWORD_WITH_2FA,
    ),
    _service(
        "zeptomail",
        "ZeptoMail",
        "smtp.zeptomail.com smtp.zeptomail.in",
        587,
        "https://www.zoho.com/zeptomail/help/smtp-home.html",
        Need.API_KEY,
        Need.VERIFIED_DOMAIN,
        Need.RIGHT_REGION,
        username="emailapikey",
    ),
    _service(
        "mailgun",
        "Mailgun",
        "smtp.mailgun.org smtp.eu.mailgun.org",
        587,
        "https://documentation.mailgun.com/docs/mailgun/user-manual/smtp-protocol/",
        Need.SMTP_CREDENTIALS,
        Need.VERIFIED_DOMAIN,
        Need.RIGHT_REGION,
    ),
    _service(
        "sendgrid",
        "SendGrid",
        "smtp.sendgrid.net",
        587,
        "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/"
        "integrating-with-the-smtp-api",
        Need.API_KEY,
        Need.VERIFIED_SENDER,
        username="apikey",
    ),
    _service(
        "ses",
        "Amazon SES",
        "email-smtp.us-east-1.amazonaws.com email-smtp.us-west-2.amazonaws.com "
        "email-smtp.eu-central-1.amazonaws.com email-smtp.eu-west-1.amazonaws.com",
        587,
        "https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html",
        Need.SMTP_CREDENTIALS,
        Need.VERIFIED_SENDER,
        Need.RIGHT_REGION,
    ),
    _service(
        "brevo",
        "Brevo",
        "smtp-relay.brevo.com",
        587,
        "https://developers.brevo.com/docs/smtp-integration",
        Need.SMTP_CREDENTIALS,
        Need.VERIFIED_SENDER,
    ),
    _service(
        "mailersend",
        "MailerSend",
        "smtp.mailersend.net",
        587,
        "https://www.mailersend.com/help/smtp-relay",
        Need.SMTP_CREDENTIALS,
        Need.VERIFIED_DOMAIN,
    ),
    _service(
        "mailjet",
        "Mailjet",
        "in-v3.mailjet.com",
        587,
        "https://cloud.google.com/compute/docs/tutorials/sending-mail/using-mailjet",
        Need.KEY_PAIR,
        Need.VERIFIED_SENDER,
        user_name=UserName.KEY,
    ),
    _service(
        "postmark",
        "Postmark",
        "smtp.postmarkapp.com smtp-broadcasts.postmarkapp.com",
        587,
        "https://postmarkapp.com/support/article/"
        "811-what-are-the-smtp-details-api-tokens-i-should-be-using",
        # Its server token would be user name too, and those are no secrets: lists show them.
        Need.SMTP_CREDENTIALS,
        Need.VERIFIED_SENDER,
    ),
    _service(
        "resend",
        "Resend",
        "smtp.resend.com",
        465,
        "https://resend.com/docs/send-with-smtp",
        Need.API_KEY,
        Need.VERIFIED_DOMAIN,
        username="resend",
    ),
    _service(
        "smtp2go",
        "SMTP2GO",
        "mail.smtp2go.com mail-us.smtp2go.com mail-eu.smtp2go.com mail-au.smtp2go.com",
        587,
        "https://developers.smtp2go.com/docs/smtp-relay",
        Need.SMTP_CREDENTIALS,
        Need.VERIFIED_SENDER,
    ),
    _service(
        "sparkpost",
        "SparkPost",
        "smtp.sparkpostmail.com smtp.eu.sparkpostmail.com",
        587,
        "https://developers.sparkpost.com/api/smtp/",
        Need.API_KEY,
        Need.VERIFIED_DOMAIN,
        Need.RIGHT_REGION,
        username="SMTP_Injection",
    ),
)
