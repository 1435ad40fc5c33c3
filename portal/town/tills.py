"""Where the companies of the demo town take payments: at the sandbox bank, and at one partner's site each."""

from decimal import Decimal

from billing.models import PartnerLink, ProviderAccount
from premises.models import Organization

PARTNERS = {
    "RU": ("Оплата ЖКУ: сайт-партнёр", "https://oplata-zhku.example/", "Выберите компанию, потом введите лицевой счёт"),
    "UA": ("Сплата комунальних: сайт-партнер", "https://komunalka.example/", "Оберіть компанію, потім введіть рахунок"),
}


def open_till(organization: Organization) -> None:
    """No fee for a wallet, one percent for a card; and the partner's site with what to enter there."""
    ProviderAccount.objects.create(
        organization=organization, provider=ProviderAccount.Provider.SANDBOX, shop_id=f"demo-{organization.pk}",
        wallet_fee=Decimal("0.00"), card_fee=Decimal("1.00"),
    )  # fmt: skip
    title, url, note = PARTNERS[organization.country]
    PartnerLink.objects.create(organization=organization, title=title, url=url, note=note)
