"""The people, partners, applications and providers of the demo, made by the usual use cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.delivery import Stream
from panel.domain.permission import COMMAND_LINE, EVERYTHING, ROLE_PERMISSIONS, Actor, Role
from panel.domain.provider import Encryption, Limits, ProviderType, ServiceType
from panel.services.applications import ApplicationValues, NewApplication, add_application
from panel.services.installation import Installation
from panel.services.partners import add_partner, change_partner
from panel.services.provider_changes import create
from panel.services.provider_values import ConnectionValues, ProviderValues
from panel.services.refusals import N_
from panel.services.user_rights import allow_bodies
from panel.services.users import NewUser, add_user
from panel.storage.database import Session
from panel.storage.models import Partner
from panel.storage.queries.installation import instance_row
from tools.demo.letters import DOMAIN, Owner
from tools.demo.place import HOST, CannotDemo, Place
from tools.demo.servers import ALPHA, BETA, LEFT

ALL_STREAMS = tuple(stream.value for stream in Stream)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    email: str
    name: str
    role: Role
    about: str
    """In the words of the demo, for the terminal."""
    partner: str = ""
    reads_contents: bool = False


PEOPLE: tuple[Person, ...] = (
    Person(f"olivia@{DOMAIN}", "Olivia Operator", Role.OPERATOR, N_("operator")),
    Person(
        f"sam@{DOMAIN}",
        "Sam Support",
        Role.SUPPORT,
        N_("support, reads contents"),
        reads_contents=True,
    ),
    Person(f"sue@{DOMAIN}", "Sue Support", Role.SUPPORT, N_("support, without contents")),
    Person(
        "ali@anadolu.example",
        "Ali Aydın",
        Role.PARTNER_ADMIN,
        N_("admin of Anadolu Tours"),
        "anadolu",
    ),
    Person(
        "hugo@harbour.example",
        "Hugo Harbour",
        Role.PARTNER_ADMIN,
        N_("admin of Harbour Freight"),
        "harbour",
    ),
)


def acting(person: Person) -> Actor:
    """Somebody of the house at the panel."""
    return Actor(
        person.email,
        ROLE_PERMISSIONS[person.role],
        EVERYTHING,
        role=person.role,
        address="127.0.0.1",
        may_read_bodies=person.reads_contents,
    )


@dataclass(frozen=True, slots=True)
class Cast:
    """What was made."""

    shop: Owner
    crm: Owner
    anadolu: Owner
    harbour: Owner
    token: str
    partner_token: str
    alpha_id: int
    beta_id: int
    gamma_id: int
    anadolu_server_id: int


def make_cast(session: Session, installation: Installation, place: Place, *, now: datetime) -> Cast:
    """Everybody and everything that mail needs. The servers must be listening."""
    instance_row(session, now=now).name = "Northwind Post"
    anadolu = add_partner(session, COMMAND_LINE, slug="anadolu", name="Anadolu Tours", now=now)
    harbour = add_partner(session, COMMAND_LINE, slug="harbour", name="Harbour Freight", now=now)
    _let_in(session, place, now=now)
    providers = Providers(session, installation, place, now)
    alpha, beta, gamma = providers.of_house()
    server = providers.of_partners(anadolu, harbour)
    shop = _application(session, "Web shop", now=now)
    crm = _application(session, "CRM", streams=("crm", "campaigns"), now=now)
    tours = _application(session, "Booking system", partner="anadolu", now=now)
    freight = _application(session, "Freight desk", partner="harbour", now=now)
    change_partner(
        session, COMMAND_LINE, slug="harbour", name=harbour.name, may_use_house=False, now=now
    )
    return Cast(
        shop=Owner(shop.id),
        crm=Owner(crm.id),
        anadolu=Owner(tours.id, anadolu.id, "anadolu.example", "Anadolu Tours"),
        harbour=Owner(freight.id, harbour.id, "harbour.example", "Harbour Freight"),
        token=shop.credentials.token,
        partner_token=tours.credentials.token,
        alpha_id=alpha,
        beta_id=beta,
        gamma_id=gamma,
        anadolu_server_id=server,
    )


def _let_in(session: Session, place: Place, *, now: datetime) -> None:
    for person in PEOPLE:
        new = NewUser(
            person.email, person.role, person.name, person.partner, password=place.password
        )
        add_user(session, COMMAND_LINE, new=new, base_url="", now=now)
        if person.reads_contents:
            allow_bodies(session, COMMAND_LINE, email=person.email, is_allowed=True, now=now)


def _application(
    session: Session,
    name: str,
    *,
    now: datetime,
    streams: tuple[str, ...] = ALL_STREAMS,
    partner: str = "",
) -> NewApplication:
    values = ApplicationValues(name, streams, partner_slug=partner)
    return add_application(session, COMMAND_LINE, values=values, now=now)


@dataclass(frozen=True, slots=True)
class Providers:
    """Makes them; those that are active have passed their test at the sandbox servers."""

    session: Session
    installation: Installation
    place: Place
    now: datetime

    def of_house(self) -> tuple[int, int, int]:
        """A primary, a fallback, and an API that was left; their ids."""
        alpha = self._add(_house("Alpha", self._at(ALPHA), ServiceType.PRIMARY, per_minute=600))
        beta = self._add(_house("Beta", self._at(BETA), ServiceType.FALLBACK, per_minute=300))
        api = ConnectionValues(
            driver="resend",
            encryption=Encryption.SSL,
            password="re_demo_key_of_nobody",
            settings=(("base_url", f"http://{HOST}:{self.place.ports[LEFT]}"),),
        )
        gamma = ProviderValues(
            api,
            "Gamma (left in autumn)",
            f"post@{DOMAIN}",
            "Northwind",
            ProviderType.API_SMTP,
            ServiceType.FALLBACK,
            (DOMAIN,),
        )
        return alpha, beta, self._add(gamma)

    def of_partners(self, anadolu: Partner, harbour: Partner) -> int:
        """One uses the server Beta with a login of its own; the other's server is not in use."""
        own = ProviderValues(
            self._at(BETA, username="anadolu"),
            "Anadolu Tours: SMTP",
            "post@anadolu.example",
            "Anadolu Tours",
            is_active=True,
        )
        quiet = ProviderValues(
            self._at(LEFT, username="harbour"),
            "Harbour Freight: SMTP",
            "post@harbour.example",
            "Harbour Freight",
        )
        self._add(quiet, harbour.id)
        return self._add(own, anadolu.id)

    def _at(self, name: str, username: str = "northwind") -> ConnectionValues:
        return ConnectionValues(
            host=HOST,
            port=self.place.ports[name],
            encryption=Encryption.NONE,
            username=username,
            password=self.place.password,
        )

    def _add(self, values: ProviderValues, partner_id: int | None = None) -> int:
        saved = create(
            self.session,
            COMMAND_LINE,
            values=values,
            installation=self.installation,
            now=self.now,
            partner_id=partner_id,
        )
        if values.is_active and not saved.provider.is_active:
            raise CannotDemo(f"{values.name} did not pass its connection test.")
        return saved.provider.id


def _house(
    name: str, connection: ConnectionValues, service_type: ServiceType, *, per_minute: int
) -> ProviderValues:
    return ProviderValues(
        connection,
        f"{name} (sandbox)",
        f"post@{DOMAIN}",
        "Northwind",
        service_type=service_type,
        domains=(DOMAIN, "anadolu.example"),
        is_active=True,
        limits=Limits(per_minute=per_minute),
    )
