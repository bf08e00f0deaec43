"""Queues mails in django-post_office: `python -m tools.bench.django_fill COUNT`.

Runs in the virtual environment of the rivals, where Django is.
"""

import importlib
import sys

from tools.bench.mail import TEXT

AT_ONCE = 1000


def main() -> None:
    """Makes the tables, then the mails."""
    importlib.import_module("django").setup()
    importlib.import_module("django.core.management").call_command("migrate", verbosity=0)
    mail = importlib.import_module("post_office.mail")
    mails = int(sys.argv[1])
    for first in range(0, mails, AT_ONCE):
        mail.send_many([_mail(at) for at in range(first, min(first + AT_ONCE, mails))])


def _mail(number: int) -> dict[str, object]:
    return {
        "sender": "post@house.test",
        "recipients": [f"kim{number}@contoso.test"],
        "subject": f"Mail {number}",
        "message": f"{number}\r\n{TEXT}",
    }


if __name__ == "__main__":
    main()
