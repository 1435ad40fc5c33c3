"""What a house shares out in a period: made once per house and service, then charged per account (pure).

ПП РФ № 354 п. 44, ЖК РФ ст. 156 ч. 9.2 for the cap of common use; appendix 2 of № 354 for heating.
"""

from collections.abc import Iterable
from decimal import Decimal

from billing.charging.basis import Mark, Pool
from billing.charging.exact import ZERO


def common_rest(house: Decimal, *rooms: Iterable[Decimal]) -> Decimal:
    """V_house − Σ of all premises, living and not, by meters, norms and averages; below zero where they say more."""
    return house - sum((volume for group in rooms for volume in group), ZERO)


def common_pool(
    rest: Decimal, area: Decimal, *, norm: Decimal | None, common_area: Decimal,
    owners_take_all: bool = False, carried: Decimal = ZERO,
) -> Pool:  # fmt: skip
    """COMMON: the rest of the house meter, up to S_oi × N_oi; above it the company pays unless the owners decided otherwise.

    A rest below zero is nobody's charge and is carried into the next period, where the caller may pass it as `carried`.
    Without a norm there is no cap. Direct management of the house counts as a decision to take all.
    """
    left = rest + min(carried, ZERO)
    if left <= 0:
        return Pool(ZERO, area, carry=left)
    cap = left if norm is None or owners_take_all else min(left, common_area * norm)
    return Pool(cap, area, company=left - cap)


def common_norm_pool(area: Decimal, *, norm: Decimal, common_area: Decimal, carried: Decimal = ZERO) -> Pool:
    """COMMON_N: N_oi × S_oi, where the house has no meter. What was carried waits for a month by the house meter."""
    return Pool(norm * common_area, area, mark=Mark.NORM, carry=min(carried, ZERO))


def heat_pool(house: Decimal, area: Decimal) -> Pool:
    """HEAT_HOUSE: everything that the heat meter of the house shows."""
    return Pool(house, area)


def heat_rooms_pool(
    house: Decimal, area: Decimal, metered: Iterable[tuple[Decimal, Decimal]], *, per_m2: Decimal | None = None
) -> Pool:
    """HEAT_ROOMS: `metered` are (volume, area) of the premises with heat meters of their own.

    Premises without one are taken at the mean of the metered per m² unless `per_m2` says otherwise. What the house meter
    shows beyond all premises is shared by area; it is not shared where the premises say more than the house.
    """
    pairs = list(metered)
    used = sum((volume for volume, _ in pairs), ZERO)
    theirs = sum((part for _, part in pairs), ZERO)
    mean = per_m2 if per_m2 is not None else (used / theirs if theirs else ZERO)
    return Pool(max(house - used - mean * (area - theirs), ZERO), area, unmetered=mean)
