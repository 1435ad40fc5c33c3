"""Money written by hand: of a month that has begun where the company works, and confirmed by a second person above a sum."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from billing.models import Recalculation, Subsidy
from billing.tests.firm import make_service
from portal.testing import Cast
from premises.models import Organization

pytestmark = pytest.mark.feature("B10")
NOV, DEC, JAN = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


@pytest.fixture
def in_vladivostok(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half past midnight of 1 December there is the afternoon of 30 November by the server."""
    Organization.objects.filter(pk=cast.company.pk).update(time_zone="Asia/Vladivostok")
    cast.account.organization.refresh_from_db()
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 30, 14, 30, tzinfo=UTC))


@pytest.mark.usefixtures("in_vladivostok")
def test_a_month_begins_where_the_company_works(cast: Cast) -> None:
    service = make_service(cast.house, "main", "account", "100.00")
    words = {"account": cast.account, "amount": Decimal("10.00")}
    Recalculation(service=service, period=DEC, reason="недочёт", **words).full_clean()
    Subsidy(period=JAN, **words).full_clean()
    with pytest.raises(ValidationError, match="has not begun"):
        Recalculation(service=service, period=JAN, reason="недочёт", **words).full_clean()
    with pytest.raises(ValidationError, match="too far ahead"):
        Subsidy(period=date(2027, 2, 1), **words).full_clean()
