"""How the tests read a page of meters and name its fields."""

import re
from typing import Any

from meters.models import Meter


def text(response: Any) -> str:
    """The page's words without tags, with plain spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\u00a0", " ")


def field(meter: Meter, zone: int = 1) -> str:
    """The name under which a zone stands in the entry form."""
    return f"value_{meter.public_id.hex}_{zone}"
