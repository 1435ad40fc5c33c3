"""Who may see the money of an account: one rule for every row that belongs to one."""

from typing import Self, TypeVar

from django.db import models

from accounts.models import User
from premises.models import AccountLink

Row = TypeVar("Row", bound=models.Model, covariant=True)


class OfOrganizationQuerySet(models.QuerySet[Row]):
    """Rows with an `organization`, for its employees."""

    def staffed_by(self, user: User) -> Self:
        """Rows of the organizations this employee works for; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(organization__staff__user=user, organization__staff__is_active=True)


class OfAccountQuerySet(OfOrganizationQuerySet[Row]):
    """Rows with an `account` and an `organization`."""

    def visible_to(self, user: User) -> Self:
        """Rows of accounts whose history this person may see: grade confirmed or owner, link active."""
        return self.filter(
            account__links__user_id=user.pk,
            account__links__state=AccountLink.State.ACTIVE,
            account__links__grade__in=AccountLink.FULL_GRADES,
        )
