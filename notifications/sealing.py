"""Keys of the post room: secrets sealed while they wait, addresses turned into digests."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def seal(secret: str) -> bytes:
    """Encrypt a secret with the first key of FIELD_KEY."""
    return _box().encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Decrypt with whichever key of FIELD_KEY fits; raises cryptography.fernet.InvalidToken if none does."""
    return _box().decrypt(bytes(sealed)).decode()


def digest(address: str) -> str:
    """A keyed digest of an address (64 hex digits): equal for equal addresses, useless without the key."""
    return hmac.new(_keys()[-1], b"address:" + address.lower().encode(), hashlib.sha256).hexdigest()


def _box() -> MultiFernet:
    return MultiFernet(Fernet(base64.urlsafe_b64encode(key)) for key in _keys())


def _keys() -> list[bytes]:
    """FIELD_KEY holds one or more keys, comma-separated: the first writes, all read.

    Add a new key in front and keep the old ones. Digests are made with the last key, so that they outlive a rotation.
    """
    words = [word.strip() for word in settings.FIELD_KEY.split(",") if word.strip()]
    return [hashlib.sha256(b"post room:" + word.encode()).digest() for word in words]
