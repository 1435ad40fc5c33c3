"""What a sub-line of a month with two tariffs says of its days: a share of a month has more decimals than a reader needs."""

from calendar import monthrange
from datetime import date
from decimal import Decimal

PLAIN = 4  # so many decimals are a figure that somebody measured or wrote
UNIT = Decimal("0.000001")  # shares are kept to so much


def days_of(part: Decimal, whole: Decimal | None, period: date) -> tuple[int, int] | None:
    """The days of a sub-line and of its month, where its volume is that share of the line's; else None.

    >>> days_of(Decimal("20.906667"), Decimal("44.8"), date(2026, 11, 1))
    (14, 30)
    >>> days_of(Decimal("100"), Decimal("300"), date(2026, 11, 1))  # a range of a tariff, not ten days
    """
    if not whole or part == part.quantize(Decimal(1).scaleb(-PLAIN)):
        return None
    month = monthrange(period.year, period.month)[1]
    days = int((part / whole * month).to_integral_value())
    is_share = 0 < days < month and abs(part - whole * days / month) <= UNIT
    return (days, month) if is_share else None


def measured(volume: Decimal) -> Decimal:
    """A volume of a whole house without the millionths that sharing leaves.

    >>> measured(Decimal("21306.000001")), measured(Decimal("0.83328")), measured(Decimal("12.500"))
    (Decimal('21306'), Decimal('0.8333'), Decimal('12.500'))
    """
    short = volume.quantize(Decimal(1).scaleb(-PLAIN))
    return volume if short == volume else Decimal(f"{short:f}".rstrip("0").rstrip("."))
