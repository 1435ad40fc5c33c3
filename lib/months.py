"""Months by their names."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language


def month_name(day: date) -> str:
    """«февраль 2026», «лютий 2026», «February 2026»: the month as a name inside a sentence, not inside a date."""
    text = date_format(day, "F Y")
    return text if (get_language() or "en").startswith("en") else text[0].lower() + text[1:]
