"""The three identity services of the demo, which the portal plays itself (accounts/identity/sandbox.py). Pure data."""

from accounts.identity.catalog import LEVELS, IdentityService, name_in_languages

PLACE = "/sandbox/identity"
CLIENT, SECRET = "portal", "known-to-everybody-this-is-a-demo"
SCOPES = ("openid", "profile", "identifiers")
OURS = {"last_name": "family_name", "first_name": "given_name", "patronymic": "middle_name", "birth_date": "birthdate"}
NUMBERS: dict[str, tuple[str, ...]] = {
    "UA": ("rnokpp",),
    "RU": ("inn",),
    "": (),
}  # what a service of this country tells by the scope `identifiers`
BANK = {"ru": "BankID (демо)", "uk": "BankID (демо)", "en": "BankID (demo)"}
STATE = {"ru": "Госуслуги (демо)", "uk": "Госуслуги (демо)", "en": "Gosuslugi (demo)"}
SIGNATURE = {
    "ru": "Электронная подпись (демо)", "uk": "Електронний підпис, КЕП (демо)", "en": "Electronic signature (demo)"
}  # fmt: skip
# id, names by language, kind, country, level of those it names
SERVICES = (
    ("sandbox-bank", BANK, "bank", "UA", "substantial"),
    ("sandbox-state", STATE, "state", "RU", "high"),
    ("sandbox-signature", SIGNATURE, "signature", "", "high"),
)


def sandbox_services(public_url: str) -> list[IdentityService]:
    """What a demo that was given no services of its own is configured with."""
    return [
        IdentityService(
            id=id, name=name_in_languages(names, id), kind=kind, country=country, level=level,
            issuer=f"{public_url}{PLACE}/{id}", client_id=CLIENT, client_secret=SECRET, scopes=SCOPES if NUMBERS[country] else SCOPES[:2], levels={word: word for word in LEVELS},
            claims=OURS | {number: number for number in NUMBERS[country]},
        )
        for id, names, kind, country, level in SERVICES
    ]  # fmt: skip


def redirect_uri(service: IdentityService, public_url: str) -> str:
    """Where the service sends people back to: the only address that is registered with it."""
    return f"{public_url}/in/with/{service.id}/back/"


def is_sandbox(service: IdentityService) -> bool:
    """Whether this is one of the demo's own services, wherever it is said to stand."""
    return f"{PLACE}/" in service.issuer or service.id in {row[0] for row in SERVICES}
