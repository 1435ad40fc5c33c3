"""What people's rooms call upwards."""

from django.dispatch import Signal

# A person deleted their profile: sent inside the transaction, with user= (still named) and at=. Apps above revoke and
# forget what they hold of this person; what the law keeps (bills, payments, votes) stays with the flat.
erased = Signal()

# An identity service confirmed who a person is, for the first time or anew: sent inside the transaction, with user=,
# person= (their VerifiedPerson) and at=. Apps above decide what that proves.
person_verified = Signal()
