"""What the people of the demo have done in the panel, by the use cases that its buttons call.

It is what the audit, the lists of people and programs, quotas, drills and repeats show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import Actor
from panel.domain.quota import Quota, hour_of, last_hours
from panel.services import drills, test_mails
from panel.services.applications import ApplicationValues
from panel.services.confirmations import confirm
from panel.services.drills import begin_drill
from panel.services.installation import Installation
from panel.services.mail_contents import read_content
from panel.services.partner_applications import add as add_application
from panel.services.partner_applications import revoke
from panel.services.partner_closing import set_enabled as set_partner_enabled
from panel.services.partner_people import invite
from panel.services.partner_people import set_enabled as set_person_enabled
from panel.services.partner_quotas import count
from panel.services.partners import add_partner, change_partner
from panel.services.refusals import Refusal
from panel.services.resends import resend
from panel.services.routes import RouteWish
from panel.services.sign_in import sign_in
from panel.services.test_mails import send_test_mail
from panel.storage.database import Session
from panel.storage.models import Delivery, User
from tools.demo.letters import DOMAIN
from tools.demo.people import PEOPLE, Cast, acting

QUOTA = Quota(hourly=600, daily=8000)
"""Of a partner: seen, and not reached by the mail that comes in."""
BASE_URL = "http://127.0.0.1"


@dataclass(frozen=True, slots=True)
class Deeds:
    """Does all of it, at times before `now`. The servers must be listening."""

    session: Session
    installation: Installation
    cast: Cast
    now: datetime

    def do(self) -> None:
        """Once the mail of the past is there."""
        self._limit_partner()
        self._close_partner()
        self._change_people()
        self._look_after_mail()
        self._confirm_delivery()
        self._drill()

    def _limit_partner(self) -> None:
        """A quota, and what of it was used up to now."""
        change_partner(
            self.session,
            self._actor(0),
            slug="anadolu",
            name="Anadolu Tours",
            may_use_house=True,
            quota=QUOTA,
            now=self._ago(days=1, hours=2),
        )
        partner_id = self.cast.anadolu.partner_id or 0
        since = last_hours(self.now)[0]
        came = select(Delivery.created_at).where(
            Delivery.partner_id == partner_id, Delivery.created_at >= since
        )
        for hour_at, recipients in sorted(
            Counter(map(hour_of, self.session.scalars(came))).items()
        ):
            count(self.session.connection(), partner_id, QUOTA, recipients=recipients, now=hour_at)
        self.session.commit()

    def _close_partner(self) -> None:
        """A partner that has been shut out, with somebody and something of its own."""
        actor, slug, at = self._actor(0), "lakeside", self._ago(days=5)
        add_partner(self.session, actor, slug=slug, name="Lakeside Clinic", now=at)
        self._invite(slug, "lena@lakeside.example", "Lena Lake", at)
        self._program(slug, "Appointments", at)
        at = self._ago(days=1, hours=5)
        set_partner_enabled(self.session, actor, slug=slug, is_enabled=False, now=at)

    def _change_people(self) -> None:
        """Somebody invited, somebody shut out, a program without credentials, a wrong password."""
        actor, slug, at = self._actor(0), "anadolu", self._ago(hours=20)
        self._invite(slug, "zeynep@anadolu.example", "Zeynep Kaya", self._ago(hours=3))
        self._invite(slug, "former@anadolu.example", "Mert Demir", self._ago(days=4))
        former = self.session.scalars(
            select(User.id).where(User.email == "former@anadolu.example")
        ).one()
        set_person_enabled(self.session, actor, slug=slug, user_id=former, is_enabled=False, now=at)
        application_id = self._program(slug, "Old booking system", self._ago(days=4))
        revoke(self.session, actor, slug=slug, application_id=application_id, now=at)
        with suppress(Refusal):
            sign_in(
                self.session,
                email=PEOPLE[2].email,
                password="not this one",
                address="127.0.0.1",
                user_agent="",
                now=self._ago(hours=2),
            )

    def _look_after_mail(self) -> None:
        """Support has read a mail that failed, and had it sent once more."""
        actor = self._actor(1)
        failed = self.session.scalars(
            select(Delivery)
            .where(
                Delivery.state == DeliveryState.FAILED,
                Delivery.stream == Stream.CUSTOMER_SERVICE,
                Delivery.ended_at < self._ago(hours=1),
            )
            .order_by(Delivery.ended_at.desc())
        ).first()
        if failed is None:
            return
        message_id, delivery_id = failed.message_id, failed.id
        read_content(
            self.session, actor, message_id=message_id, part="text", now=self._ago(minutes=9)
        )
        resend(
            self.session,
            actor,
            message_id=message_id,
            delivery_id=delivery_id,
            number=1,
            now=self._ago(minutes=8),
        )

    def _confirm_delivery(self) -> None:
        """A test mail through each of the house's servers; the code of the first has come back."""
        codes: list[str] = []
        for provider_id in (self.cast.alpha_id, self.cast.beta_id):
            sent = send_test_mail(
                self.session,
                self._actor(0),
                provider_id=provider_id,
                to=f"olivia@{DOMAIN}",
                write=_writer(codes),
                installation=self.installation,
                now=datetime.now(UTC),
            )
            if not sent.is_taken:
                return
        confirm(
            self.session,
            self._actor(0),
            provider_id=self.cast.alpha_id,
            code=codes[0],
            now=datetime.now(UTC),
        )

    def _drill(self) -> None:
        """One that the worker ends as soon as it runs."""
        begin_drill(
            self.session,
            self._actor(0),
            wish=RouteWish(recipient=f"olivia@{DOMAIN}"),
            letter=drills.Letter("Postroom failover drill", "This is a failover drill.\n"),
            vault=self.installation.vault,
            now=datetime.now(UTC),
        )

    def _invite(self, slug: str, email: str, name: str, at: datetime) -> None:
        actor = self._actor(0)
        invite(self.session, actor, slug=slug, email=email, name=name, base_url=BASE_URL, now=at)

    def _program(self, slug: str, name: str, at: datetime) -> int:
        values = ApplicationValues(name, (Stream.CUSTOMER_SERVICE.value,))
        added = add_application(self.session, self._actor(0), slug=slug, values=values, now=at)
        return added.id

    def _ago(self, **spans: float) -> datetime:
        return self.now - timedelta(**spans)

    def _actor(self, place: int) -> Actor:
        return acting(PEOPLE[place])


def _writer(codes: list[str]) -> Callable[[str, str], test_mails.Letter]:
    def write(name: str, code: str) -> test_mails.Letter:
        codes.append(code)
        text = f"The code of {name} is {code}.\n"
        return test_mails.Letter(f"Postroom test of {name}", text, f"<p>{text}</p>")

    return write
