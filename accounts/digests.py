"""Keyed digests: what is counted, compared or remembered without being stored."""

import hashlib
import hmac

from django.conf import settings


def digest(*parts: str) -> str:
    """Return 64 hex digits that name these parts to nobody without CODE_PEPPER, which is outside the database."""
    text = "\x1f".join(parts)
    return hmac.new(settings.CODE_PEPPER.encode(), text.encode(), hashlib.sha256).hexdigest()
