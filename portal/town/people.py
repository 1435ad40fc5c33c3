"""The people of the demo town: residents, a council chair, the companies' staff and a letter with known secrets."""

from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password

from accounts.digests import digest
from accounts.identity.townsfolk import GUIDE_OWNER
from accounts.models import User
from portal import demo
from portal.town.flats import HOLDERS
from premises import letter_codes
from premises.actions.letters import write_letters
from premises.models import (
    AccessLetter,
    AccountLink,
    CouncilSeat,
    Organization,
    Ownership,
    PersonalAccount,
    StaffMember,
)

Grade, Method, Role = AccountLink.Grade, AccountLink.Method, StaffMember.Role


def person(
    address: str, last_name: str, first_name: str, patronymic: str = "", *, at: datetime, language: str = "ru"
) -> User:
    """Write one person whose phone or e-mail is proved."""
    contact = {"email": address} if "@" in address else {"phone": address}
    return User.objects.create_user(
        **contact, last_name=last_name, first_name=first_name, patronymic=patronymic, language=language, welcomed_at=at
    )


def link(user: User, account: PersonalAccount, grade: str, *, at: datetime, method: str = Method.PASSWORD) -> None:
    AccountLink.objects.create(
        user=user,
        account=account,
        grade=grade,
        method=method,
        state=AccountLink.State.ACTIVE,
        created_at=at,
        changed_at=at,
    )


def settle(russian: Organization, ukrainian: Organization, *, today: date, at: datetime) -> None:
    """Write the residents and the staff of the generated companies."""
    ours = {account.number: account for account in PersonalAccount.objects.filter(organization=russian)}
    theirs = {account.number: account for account in PersonalAccount.objects.filter(organization=ukrainian)}
    several = person(demo.MANY_FLATS, *HOLDERS["0667000007"].split(), at=at)
    link(several, ours["0667000007"], Grade.CONFIRMED, at=at)
    link(several, ours["0667000080"], Grade.CONFIRMED, at=at, method=Method.CODE)
    link(several, theirs["30012"], Grade.CONFIRMED, at=at, method=Method.STAFF)
    link(person(demo.LIMITED, "Титов", "Семён", at=at), ours["0667000008"], Grade.LIMITED, at=at, method=Method.ADDRESS)
    own(person(demo.OWNER, *HOLDERS["30005"].split(), at=at, language="uk"), theirs["30005"], at=at)
    chair = person(demo.CHAIR, *HOLDERS["0667000001"].split(), at=at)
    own(chair, ours["0667000001"], at=at)
    CouncilSeat.objects.create(
        user=chair, house=ours["0667000001"].unit.house, is_chair=True, since=today - timedelta(days=300),
        until=today + timedelta(days=430), protocol="№ 1",
    )  # fmt: skip
    for address, name, role in (
        (demo.MANAGER, "Марина", Role.MANAGER), (demo.ACCOUNTANT, "Анна", Role.ACCOUNTANT),
        (demo.DISPATCHER, "Денис", Role.DISPATCHER),
    ):  # fmt: skip
        employ(person(address, "Сотрудник", name, at=at), russian, role)
    employ(person(demo.UKRAINIAN_MANAGER, "Працівник", "Богдан", at=at, language="uk"), ukrainian, Role.MANAGER)
    User.objects.create_superuser(
        demo.SUPERUSER, last_name="Главный", first_name="Админ", language="ru", welcomed_at=at
    )


def own(user: User, account: PersonalAccount, *, at: datetime) -> None:
    """Make the holder of the account the verified owner of the whole flat."""
    account.unit.ownerships.all().delete()
    Ownership.objects.create(unit=account.unit, owner=user.get_full_name(), user=user, document="ЕГРН")
    link(user, account, Grade.OWNER, at=at)


def employ(user: User, organization: Organization, role: str) -> None:
    """Give the person a job and the way into the admin."""
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    StaffMember.objects.create(user=user, organization=organization, role=role)


def settle_guide(account: PersonalAccount, *, at: datetime) -> None:
    """The holder of the guide's account 10117: the register of owners names him, nobody has compared the two yet."""
    known = GUIDE_OWNER
    resident = person(demo.GUIDE_RESIDENT, known.last_name, known.first_name, known.patronymic, at=at)
    Ownership.objects.create(unit=account.unit, owner=known.full_name, document="ЕГРН")
    link(resident, account, Grade.CONFIRMED, at=at)


def known_letter(account: PersonalAccount, password: str, code: str, *, at: datetime) -> None:
    """Write a letter whose secrets everybody knows: for the demo and the tests."""
    password, code = letter_codes.read(password), letter_codes.read(code)
    write_letters(
        [
            AccessLetter(
                account=account, login=account.number, login_search=account.number_search,
                password_hash=make_password(password), code_digest=digest("letter", code), issued_by=None, issued_at=at,
                expires_at=at + AccessLetter.LIFETIME,
            )
        ],
        at=at,
    )  # fmt: skip
