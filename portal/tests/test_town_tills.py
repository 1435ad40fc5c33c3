"""The demo companies take payments at the sandbox bank, and name one partner's site."""

from decimal import Decimal

import pytest

from billing.actions.paying import provider_account_of
from billing.models import PartnerLink
from portal.testing import make_organization
from portal.town.tills import open_till


@pytest.mark.feature("A9", "B14")
@pytest.mark.parametrize("country", ["RU", "UA"])
def test_a_demo_company_has_a_till_and_a_partner(country: str, db: None) -> None:
    company = make_organization(country=country)
    open_till(company)
    till = provider_account_of(company)
    assert till is not None
    assert (till.provider, till.wallet_fee, till.card_fee) == ("sandbox", Decimal("0.00"), Decimal("1.00"))
    assert PartnerLink.objects.get(organization=company).url.startswith("https://")
