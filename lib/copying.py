"""COPY into a table: several times faster than bulk_create, for registers of a hundred thousand rows."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_in(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of these columns (attribute names: `unit_id`); other columns get the defaults of their fields.

    Runs in the caller's transaction; constraints and triggers hold as for any insert, save() and clean() do not run. The
    rows are held in memory as text: send them in chunks.
    """
    fields = [field for field in model._meta.concrete_fields if not (field.primary_key or field.generated)]
    rest = [field for field in fields if field.attname not in names]
    text = io.StringIO()
    for row in rows:
        values = [*row, *(field.get_default() for field in rest)] if rest else row
        text.write("\t".join([_written(one) if one is None or one.__class__ is str else str(one) for one in values]))
        text.write("\n")
    text.seek(0)
    quote = connection.ops.quote_name
    columns = {field.attname: quote(str(field.column)) for field in fields}
    listed = ", ".join(columns[name] for name in [*names, *(field.attname for field in rest)])
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {quote(model._meta.db_table)} ({listed}) FROM STDIN", text)


def _written(value: str | None) -> str:
    """A text, or its absence, in the text format of COPY."""
    if value is None:
        return "\\N"
    return value if value.isalnum() else value.translate(ESCAPED)
