"""Taking a file with people's money along: counted, with a reason, never too much at once."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.models import Export
from billing.notices import MANY_EXPORTS
from lib.errors import Refusal
from notifications.actions import Told, notify_many
from premises.models import Organization, StaffMember


class TooMany(Refusal):
    """The file would hold more than one employee may take at once."""


@transaction.atomic
def note_export(
    organization: Organization,
    what: str,
    *,
    rows: int,
    reason: str,
    query: str = "",
    by: User,
    at: datetime,
    most: int = Export.MOST_ROWS,
) -> Export:
    """Write down that an employee takes a file; more than a few in a day are told to the other managers.

    Raises TooMany above `most` rows: then nothing is written and no file is made. A file that goes to a bank by contract
    and names nobody may hold more than a list with names.
    """
    if rows > most:
        raise TooMany(
            _(
                "The file would hold %(rows)s rows, at most %(most)s may be taken at once. Choose a house or an older debt."
            )
            % {"rows": rows, "most": most}
        )
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    export = Export.objects.create(
        organization=organization, what=what, query=query[:300], rows=rows, reason=reason, by=by, at=at
    )
    today = Export.objects.filter(organization=organization, by=by, at__gt=at - timedelta(days=1)).count()
    if today > Export.USUAL_A_DAY:
        managers = StaffMember.objects.filter(
            organization=organization, is_active=True, role=StaffMember.Role.MANAGER
        ).select_related("user")
        context = {"who": by.get_full_name() or by.email or "", "count": today}
        subject = f"exports:{by.pk}:{at:%Y-%m-%d}"
        notify_many(MANY_EXPORTS, [Told(job.user, subject, context) for job in managers], at=at)
    return export
