"""The default day to pay: tables of dates by country and period."""

from datetime import date

import pytest

from billing.due import due_date


@pytest.mark.parametrize(
    ("country", "period", "due"),
    [
        ("RU", "2019-02", "2019-03-11"),  # 10 March 2019 was a Sunday
        ("RU", "2025-11", "2025-12-10"),
        ("RU", "2025-12", "2026-01-12"),  # 10 January 2026 was a Saturday
        ("RU", "2026-01", "2026-02-10"),  # the last month of the old rule
        ("RU", "2026-02", "2026-03-16"),  # the first of the new one; 15 March 2026 was a Sunday
        ("RU", "2026-03", "2026-04-15"),
        ("RU", "2026-12", "2027-01-15"),
        ("UA", "2026-01", "2026-03-02"),  # 28 February 2026 was a Saturday
        ("UA", "2026-02", "2026-03-31"),
        ("UA", "2026-03", "2026-04-30"),
        ("UA", "2026-12", "2027-02-01"),  # 31 January 2027 is a Sunday
        ("UA", "2028-01", "2028-02-29"),
    ],
)
def test_the_day_to_pay(country: str, period: str, due: str) -> None:
    assert due_date(country, date.fromisoformat(f"{period}-01")) == date.fromisoformat(due)
