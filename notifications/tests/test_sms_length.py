"""How many parts a text takes."""

import pytest

from notifications.sms_length import parts


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # two places each
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 151, 2),  # the sign is not cut: it opens the second part
        ("a" * 152 + "€" + "a" * 152, 3),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("a" * 69 + "я", 1),
        ("a" * 70 + "я", 2),
        ("🏠" * 35, 1),
        ("🏠" * 36, 2),
        ("я" * 66 + "🏠" + "я" * 65, 2),
        ("я" * 66 + "🏠" + "я" * 66, 3),
        ("Ї" * 67 + "ґ" * 67, 2),
    ],
)
def test_parts(text: str, count: int) -> None:
    assert parts(text) == count
