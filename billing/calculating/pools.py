"""What a house shares out in a month: once per house and service (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.calculating.known import Known
from billing.calculating.plan import Norm, Plan, Supply, Way
from billing.charging.basis import Method, NotEnough, Pool
from billing.charging.exact import ZERO
from billing.charging.house import common_norm_pool, common_pool, common_rest, heat_pool, heat_rooms_pool
from billing.models import Service
from meters.balance import HouseUse
from meters.resources import Resource

Room = tuple[Decimal | None, Decimal]  # what a flat used (None: without a meter), and its area


@dataclass(frozen=True, slots=True)
class Shared:
    """A pool with what it was made of: the row of CommonUse."""

    house: int
    service: Service
    method: Method
    pool: Pool
    house_volume: Decimal | None
    rooms: Decimal
    rest: Decimal

    def row(self, run: int) -> tuple[object, ...]:
        pool = self.pool
        return (
            run, self.house, self.service.pk, self.house_volume, self.rooms, self.rest, pool.volume, pool.company,
            pool.carry,
        )  # fmt: skip


COMMON_COLUMNS = (
    "run_id", "house_id", "service_id", "house_volume", "rooms_volume", "rest", "shared", "company", "carry",
)  # fmt: skip


def shared_of(plan: Plan, known: Known, house: int, supply: Supply, rooms: Sequence[Room]) -> Shared:
    """What a house shares out of a service; raises `NotEnough`."""
    if supply.way in (Way.HEAT_HOUSE, Way.HEAT_ROOMS):
        return _heat(plan, known, house, supply, rooms)
    return _common(plan, known, house, supply, rooms)


def _common(plan: Plan, known: Known, house: int, supply: Supply, rooms: Sequence[Room]) -> Shared:
    """Common use by the house meter, up to the norm; a house without a meter, or with one nobody read, by the norm.

    So is the month after such a one: the meter's volume is that of both, the flats' is of one, and what the norm charged for
    the other stands.
    """
    service, fact = supply.service, plan.fact(house)
    used = sum((volume for volume, _area in rooms if volume is not None), ZERO)
    norm = plan.norm(service, house, Norm.COMMON)
    whole = known.house_used.get((house, service.resource), HouseUse(None))
    carried = known.carried.get((house, service.pk), ZERO)
    read = whole.volume if whole.months == 1 else None
    if supply.way == Way.COMMON_NORM or read is None:
        if norm is None:
            raise NotEnough("norm" if supply.way == Way.COMMON_NORM else "house volume")
        pool = common_norm_pool(fact.area_rooms, norm=norm, common_area=fact.area_common, carried=carried)
        return Shared(house, service, Method.COMMON_N, pool, read, used, pool.volume)
    rest = common_rest(read, (used,))
    pool = common_pool(
        rest, fact.area_rooms, norm=norm, common_area=fact.area_common, owners_take_all=fact.distributes_all,
        carried=carried,
    )  # fmt: skip
    return Shared(house, service, Method.COMMON, pool, read, used, rest)


def _heat(plan: Plan, known: Known, house: int, supply: Supply, rooms: Sequence[Room]) -> Shared:
    """Heating by the house meter, with or without meters of the rooms."""
    whole, area = known.house_used.get((house, Resource.HEAT), HouseUse(None)).volume, plan.fact(house).area_rooms
    if whole is None:
        raise NotEnough("house volume")
    if supply.way == Way.HEAT_HOUSE:
        return Shared(house, supply.service, Method.HEAT_HOUSE, heat_pool(whole, area), whole, ZERO, whole)
    read = [(volume, part) for volume, part in rooms if volume is not None]
    pool = heat_rooms_pool(whole, area, read)
    used = sum((volume for volume, _area in read), ZERO)
    return Shared(house, supply.service, Method.HEAT_ROOMS, pool, whole, used, pool.volume)
