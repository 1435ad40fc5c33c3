"""What people are told about themselves."""

from accounts.models import Challenge
from notifications.kinds import Kind, declare
from notifications.models import Channel, Delivery

CODE = declare(
    Kind(
        "accounts.code",
        channels=(Channel.SMS,),  # each code goes by the one way its reader chose
        lane=Delivery.Lane.URGENT,
        lifetime=Challenge.LIFETIME,
    )
)
CONTACT_CHANGED = declare(Kind("accounts.contact_changed", channels=(Channel.INBOX, Channel.EMAIL, Channel.SMS)))
CONTACT_TAKEN = declare(Kind("accounts.contact_taken", channels=(Channel.EMAIL, Channel.SMS)))
PASSWORD_CHANGED = declare(Kind("accounts.password_changed"))
RIGHTS_CHANGED = declare(Kind("accounts.rights_changed"))
SUPERUSER_SIGNED_IN = declare(Kind("accounts.superuser_signed_in", lane=Delivery.Lane.URGENT))
NEW_DEVICE = declare(Kind("accounts.new_device"))
IDENTITY_LINKED = declare(Kind("accounts.identity_linked"))
IDENTITY_UNLINKED = declare(Kind("accounts.identity_unlinked"))
IDENTITY_REFUSED = declare(Kind("accounts.identity_refused"))  # the service named somebody else than before
SECURITY = (Channel.INBOX, Channel.EMAIL, Channel.SMS)
FACTOR_ADDED = declare(Kind("accounts.factor_added", channels=SECURITY))
FACTOR_REMOVED = declare(Kind("accounts.factor_removed", channels=SECURITY))
RECOVERY_USED = declare(Kind("accounts.recovery_used", channels=SECURITY))
PASSKEY_ADDED = declare(Kind("accounts.passkey_added", channels=SECURITY))
PASSKEY_REMOVED = declare(Kind("accounts.passkey_removed", channels=SECURITY))
