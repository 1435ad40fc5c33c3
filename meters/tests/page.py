"""How the tests name the fields of a page of meters."""

from meters.models import Meter


def field(meter: Meter, zone: int = 1) -> str:
    """The name under which a zone stands in the entry form."""
    return f"value_{meter.public_id.hex}_{zone}"
