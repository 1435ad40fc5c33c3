"""How long a password is: longer for those who work in the staff room. No rules about its signs (ASVS 5.0, 6.2)."""

from django.contrib.auth.password_validation import MinimumLengthValidator, get_default_password_validators
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

from accounts.models import User

LONGEST = 128


class LengthValidator(MinimumLengthValidator):
    """At least `min_length` for residents, `staff_min_length` for employees; at most 128."""

    def __init__(self, min_length: int = 10, staff_min_length: int = 12) -> None:
        super().__init__(min_length)
        self.staff_min_length = staff_min_length

    def of(self, user: User | None) -> MinimumLengthValidator:
        """The rule for this person."""
        staff = bool(getattr(user, "is_staff", False) or getattr(user, "is_superuser", False))
        return MinimumLengthValidator(self.staff_min_length if staff else self.min_length)

    def validate(self, password: str, user: User | None = None) -> None:
        self.of(user).validate(password, user)
        if len(password) > LONGEST:
            words = ngettext(
                "This password is too long. It may have at most %(count)d character.",
                "This password is too long. It may have at most %(count)d characters.",
                LONGEST,
            )
            raise ValidationError(words, code="password_too_long", params={"count": LONGEST})


def help_texts(user: User) -> list[str]:
    """What a password of this person must be."""
    rules = [rule.of(user) if isinstance(rule, LengthValidator) else rule for rule in get_default_password_validators()]
    return [rule.get_help_text() for rule in rules]
