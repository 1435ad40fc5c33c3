"""What a browser says of itself, in words a person recognises. Pure."""

import re

from django.utils.translation import gettext as _

BROWSERS = [
    (r"YaBrowser", "Yandex"), (r"Edg", "Edge"), (r"OPR|Opera", "Opera"), (r"SamsungBrowser", "Samsung"),
    (r"Firefox|FxiOS", "Firefox"), (r"Chrome|CriOS", "Chrome"), (r"Safari", "Safari"),
]  # fmt: skip
SYSTEMS = [
    (r"iPhone|iPod", "iPhone"), (r"iPad", "iPad"), (r"Android", "Android"), (r"Windows", "Windows"),
    (r"Mac OS", "Mac"), (r"Linux", "Linux"),
]  # fmt: skip


def device_name(user_agent: str) -> str:
    """«Chrome, Android» from a User-Agent header."""
    found = [next((name for sign, name in table if re.search(sign, user_agent)), "") for table in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name) or _("Unknown device")
