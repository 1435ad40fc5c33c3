"""The methods of charging, one function each, and `charge`, which a mass run calls once per account and service (pure).

ПП РФ № 354 of 6 May 2011, appendix 2; ЖК РФ ст. 154–158. A method takes the account's basis, the rate of the service and,
where the house shares something out, the house's pool.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction

from billing.charging.basis import Basis, Mark, Method, NotEnough, Part, Pool, Rate, Result, Span
from billing.charging.days import by_days, priced, ranged, share_by_days
from billing.charging.exact import NOTHING, ZERO, cents, in_steps, volume_rounded
from lib.money import rounded

ONE = Decimal(1)
Charger = Callable[[Basis, Rate, Pool | None], Result]


def charge(method: Method | str, basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """Charge one service of one account. Raises `NotEnough` where the method lacks something it cannot do without.

    Where a metered service has neither a meter nor an average (`volume` is None) it is charged by the norm.
    """
    return METHODS[Method(method)](basis, rate, pool)


# --- By a volume of the account ---------------------------------------------------------------------------------------


def by_meter(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """V × T (ф. 1), the volume by meter, average or norm, with the coefficient where the cause of the norm raises it."""
    if basis.volume is None:
        return by_norm(basis, rate, pool)
    return _by_volume(Method.METER, basis, basis.volume, rate)


def by_norm(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """n × N × T (ф. 4)."""
    return _by_persons(Method.NORM, basis, rate)


def by_raised_norm(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """n × N × K × T (ф. 4(1)): no meter though one is possible. The excess n × N × T × (K − 1) is kept apart."""
    if basis.coefficient is None:
        raise NotEnough("coefficient")
    return _by_persons(Method.NORM_K, basis, rate)


def by_zones(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """Σ round(V_z × T_z): every zone is a printed sub-line. By a norm or without zones of the meter the one tariff holds."""
    if not basis.zones:
        return by_meter(basis, rate)
    if basis.mark == Mark.NORM:
        return _by_volume(Method.METER, basis, sum(basis.zones, ZERO), rate)
    parts: list[Part] = []
    for place, volume in enumerate(basis.zones):
        price = rate.of_zone(place)
        parts += _parts(priced(basis, volume, price.tariff, price.changes))
    accrued = sum((part.amount for part in parts), NOTHING)
    volume = sum(basis.zones, ZERO)
    return Result(Method.ZONES, basis.mark, rate.zones[0], volume, accrued, parts=tuple(parts))


def by_tiers(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """Σ part × T of its range; the ranges of a month are those of its whole volume, also where the prices change inside."""
    if not rate.tiers or basis.volume is None:
        return by_meter(basis, rate)
    sold = ranged(basis, basis.volume, rate.tiers, rate.tier_changes)
    return _of_parts(Method.TIERS, basis, rate, basis.volume, _parts(sold))


def by_sewage(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """(V_cold + V_hot) × T where the sewer has no meter; without volumes by the norm of sewage."""
    if basis.volume is None:
        return by_norm(basis, rate)
    return _by_volume(Method.SEWAGE, basis, basis.volume + basis.hot, rate)


def by_two_components(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """V × T_water + V × q × T_heat: the water itself and the heat to warm it, rounded once."""
    if basis.volume is not None:
        water = priced(basis, basis.volume, rate.tariff, rate.changes)
        heat = priced(basis, basis.volume, rate.heat_tariff, rate.heat_changes)
        sold = [*water, *((part * rate.heat_per_m3, tariff) for part, tariff in heat)]
        return _of_parts(Method.HW_2C, basis, rate, basis.volume, _parts(sold))
    if rate.norm is None:
        raise NotEnough("norm")
    if rate.changes or rate.heat_changes:
        volume = volume_rounded(sum((part.volume for part in _norm_parts(basis, rate)), ZERO))
        return by_two_components(_with_volume(basis, volume), rate)
    both = Rate(rate.tariff + rate.heat_per_m3 * rate.heat_tariff, norm=rate.norm)
    plain = _by_persons(Method.HW_2C, basis, both)
    water_part = rounded((plain.volume or ZERO) * rate.tariff)
    warmth = volume_rounded((plain.volume or ZERO) * rate.heat_per_m3)
    parts = (
        Part(plain.volume or ZERO, rate.tariff, water_part),
        Part(warmth, rate.heat_tariff, plain.accrued - water_part),
    )
    return Result(
        Method.HW_2C, Mark.NORM, rate.tariff, plain.volume, plain.accrued,
        coefficient=plain.coefficient, excess=plain.excess, parts=parts,
    )  # fmt: skip


# --- By area, account and persons -------------------------------------------------------------------------------------


def by_area(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """S × T: upkeep, capital repair, lift."""
    return _over_days(Method.AREA, Mark.NONE, basis, rate, lambda one: one.area)


def by_account(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """T: a fixed sum a month."""
    return _over_days(Method.ACCOUNT, Mark.NONE, basis, rate, lambda _: ONE)


def by_person(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """n × N_year / 12 × T: waste. An empty flat counts its owners, whom the caller puts in the place of the persons."""
    norm = _norm(rate)
    return _over_days(Method.PERSON, Mark.NORM, basis, rate, lambda one: one.persons * norm, 12, joined=False)


def by_season(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """S × N × T in the months of the heating season."""
    norm = _norm(rate)
    return _over_days(Method.HEAT_SEASON, Mark.NORM, basis, rate, lambda one: one.area * norm)


def by_twelfths(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """S × N × (m / 12) × T: the norm of the heating months evenly over the year (ф. 2)."""
    if rate.months is None:
        raise NotEnough("months of the heating season")
    norm = _norm(rate) * rate.months
    return _over_days(Method.HEAT_12, Mark.NORM, basis, rate, lambda one: one.area * norm, 12)


def by_mean_month(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """V_avg × S × T: the house's last year evenly over this one; `recalculation.annual_by_days` settles it."""
    mean = rate.heat_average
    return _over_days(Method.HEAT_AVG, Mark.OTHER, basis, rate, lambda one: one.area * mean)


# --- Shares of the house ----------------------------------------------------------------------------------------------


def by_common(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """The account's share of what the common property used, by the house meter; the pool knows the cap."""
    return _common(Method.COMMON, basis, rate, pool)


def by_common_norm(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """N_oi × S_oi × S_i / S_house × T: the same by the norm."""
    return _common(Method.COMMON_N, basis, rate, pool)


def by_house_heat(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """V_house × S_i / S_house × T (ф. 3): the house has a heat meter, the rooms have none."""
    house = _pool(pool)
    return _by_volume(Method.HEAT_HOUSE, basis, share_by_days(basis, house.volume, house.area), rate, house.mark)


def by_room_heat(basis: Basis, rate: Rate, pool: Pool | None = None) -> Result:
    """(V_i + S_i × (V_house − ΣV) / S_house) × T: some rooms have heat meters, the others use the mean of those per m²."""
    house = _pool(pool)
    own, mark = basis.volume, basis.mark
    if own is None:
        own, mark = share_by_days(basis, house.unmetered, ONE), Mark.OTHER
    volume = own + share_by_days(basis, house.volume, house.area)
    return _by_volume(Method.HEAT_ROOMS, basis, volume, rate, mark)


METHODS: dict[Method, Charger] = {
    Method.METER: by_meter,
    Method.NORM: by_norm,
    Method.NORM_K: by_raised_norm,
    Method.ZONES: by_zones,
    Method.TIERS: by_tiers,
    Method.COMMON: by_common,
    Method.COMMON_N: by_common_norm,
    Method.HEAT_SEASON: by_season,
    Method.HEAT_12: by_twelfths,
    Method.HEAT_HOUSE: by_house_heat,
    Method.HEAT_ROOMS: by_room_heat,
    Method.HEAT_AVG: by_mean_month,
    Method.SEWAGE: by_sewage,
    Method.HW_2C: by_two_components,
    Method.AREA: by_area,
    Method.ACCOUNT: by_account,
    Method.PERSON: by_person,
}


# --- What they are made of --------------------------------------------------------------------------------------------


def _norm(rate: Rate) -> Decimal:
    if rate.norm is None:
        raise NotEnough("norm")
    return rate.norm


def _pool(pool: Pool | None) -> Pool:
    if pool is None or pool.area <= 0:
        raise NotEnough("volume and area of the house")
    return pool


def _parts(sold: Iterable[tuple[Decimal, Decimal]]) -> tuple[Part, ...]:
    pairs = list(sold)
    amounts = in_steps(volume * tariff for volume, tariff in pairs)
    return tuple(Part(volume, tariff, amount) for (volume, tariff), amount in zip(pairs, amounts, strict=True))


def _of_parts(method: Method, basis: Basis, rate: Rate, volume: Decimal, parts: tuple[Part, ...]) -> Result:
    """A line that is the sum of its parts, rounded once."""
    accrued = sum((part.amount for part in parts), NOTHING)
    plain = sum((part.volume * part.tariff for part in parts), ZERO)
    return Result(
        method, basis.mark, rate.tariff, volume, accrued,
        coefficient=basis.coefficient, excess=_excess_of(basis, plain, volume), parts=parts,
    )  # fmt: skip


def _excess_of(basis: Basis, plain: Decimal, volume: Decimal) -> Decimal:
    """The excess of a charge by volume, of which the coefficient may raise a part."""
    if basis.coefficient is None or basis.raised is None or not volume:
        return _excess(plain, basis.coefficient)
    return cents(Fraction(plain) * Fraction(basis.coefficient - 1) * Fraction(basis.raised) / Fraction(volume))


def _excess(plain: Decimal, coefficient: Decimal | None, divisor: int = 1) -> Decimal:
    """What the coefficient adds to the exact, not yet rounded charge."""
    return NOTHING if coefficient is None else rounded(plain * (coefficient - 1) / divisor)


def _by_volume(method: Method, basis: Basis, volume: Decimal, rate: Rate, mark: Mark | None = None) -> Result:
    mark = basis.mark if mark is None else mark
    if rate.changes:
        parts = _parts(priced(basis, volume, rate.tariff, rate.changes))
        plain = sum((part.volume * part.tariff for part in parts), ZERO)
        accrued = sum((part.amount for part in parts), NOTHING)
    else:
        parts, plain = (), volume * rate.tariff
        accrued = rounded(plain)
    if basis.coefficient is None:
        return Result(method, mark, rate.tariff, volume, accrued, parts=parts)
    excess = _excess_of(basis, plain, volume)
    return Result(method, mark, rate.tariff, volume, accrued, coefficient=basis.coefficient, excess=excess, parts=parts)


def _by_persons(method: Method, basis: Basis, rate: Rate) -> Result:
    norm = _norm(rate)
    return _over_days(
        method, Mark.NORM, basis, rate, lambda one: one.persons * norm, joined=False, coefficient=basis.coefficient
    )


def _norm_parts(basis: Basis, rate: Rate) -> tuple[Part, ...]:
    norm = _norm(rate)
    return by_days(basis, lambda one: one.persons * norm, rate.tariff, (), 1, joined=False)


def _with_volume(basis: Basis, volume: Decimal) -> Basis:
    return Basis(
        basis.area, basis.persons, basis.days, basis.spans, volume, mark=Mark.NORM, coefficient=basis.coefficient
    )


def _over_days(
    method: Method, mark: Mark, basis: Basis, rate: Rate, quantity: Callable[[Basis | Span], Decimal],
    divisor: int = 1, *, joined: bool = True, coefficient: Decimal | None = None,
) -> Result:  # fmt: skip
    """A line of something that the account has every day: quantity / divisor × tariff, by days where it changed."""
    if basis.spans or rate.changes:
        return _by_changed_days(method, mark, basis, rate, quantity, divisor, joined, coefficient)
    whole = quantity(basis)
    plain = whole * rate.tariff
    accrued = rounded(plain / divisor)
    volume = volume_rounded(whole / divisor)
    if coefficient is None:
        return Result(method, mark, rate.tariff, volume, accrued)
    excess = _excess(plain, coefficient, divisor)
    return Result(method, mark, rate.tariff, volume, accrued, coefficient=coefficient, excess=excess)


def _by_changed_days(
    method: Method, mark: Mark, basis: Basis, rate: Rate, quantity: Callable[[Basis | Span], Decimal],
    divisor: int, joined: bool, coefficient: Decimal | None,
) -> Result:  # fmt: skip
    parts = by_days(basis, quantity, rate.tariff, rate.changes, divisor, joined=joined)
    accrued = sum((part.amount for part in parts), NOTHING)
    excess = NOTHING
    if coefficient is not None:
        raised = by_days(
            basis, lambda one: quantity(one) * (coefficient - 1), rate.tariff, rate.changes, divisor, joined=joined
        )
        excess = sum((part.amount for part in raised), NOTHING)
    volume = volume_rounded(sum((part.volume for part in parts), ZERO))
    return Result(method, mark, rate.tariff, volume, accrued, coefficient=coefficient, excess=excess, parts=parts)


def _common(method: Method, basis: Basis, rate: Rate, pool: Pool | None) -> Result:
    house = _pool(pool)
    own = _by_volume(method, basis, share_by_days(basis, house.volume, house.area), rate, house.mark)
    return Result(
        method, Mark.NONE, rate.tariff,
        mark_common=house.mark, volume_common=own.volume, accrued_common=own.accrued, parts=own.parts,
    )  # fmt: skip
