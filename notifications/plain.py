"""JSON that gives back what was put in: dates, moments and money of a notice's context stay themselves."""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

READERS: dict[str, Callable[[str], Any]] = {
    "$date": date.fromisoformat,
    "$moment": datetime.fromisoformat,
    "$number": Decimal,
}


class Encoder(json.JSONEncoder):
    """Writes what templates format in the reader's language: {"$date": "2026-11-21"}."""

    def default(self, o: Any) -> Any:
        match o:
            case datetime():
                return {"$moment": o.isoformat()}
            case date():
                return {"$date": o.isoformat()}
            case Decimal():
                return {"$number": str(o)}
            case Promise():
                return str(o)
        return super().default(o)


class Decoder(json.JSONDecoder):
    """Reads what Encoder wrote."""

    def __init__(self, **options: Any) -> None:
        super().__init__(object_hook=_revive, **options)


def _revive(found: dict[str, Any]) -> Any:
    if len(found) == 1 and (reader := READERS.get(next(iter(found)))):
        return reader(next(iter(found.values())))
    return found
