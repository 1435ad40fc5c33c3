"""What people are told about accounts and links."""

from notifications.kinds import Kind, declare
from notifications.models import Channel

# To those who hold the account already, and to the contact the company has on file: «this was not me» is one tap away.
LINKED = declare(Kind("premises.linked", channels=(Channel.INBOX, Channel.EMAIL)))
LINKED_CONTACT = declare(Kind("premises.linked_contact", channels=(Channel.SMS, Channel.EMAIL)))
# To the others of the flat: somebody's grade rose.
GRADE_CHANGED = declare(Kind("premises.grade_changed", channels=(Channel.INBOX, Channel.EMAIL)))
# To the person whose link or request was decided upon.
LINK_CHANGED = declare(Kind("premises.link_changed", channels=(Channel.INBOX, Channel.EMAIL)))
# To the person whose confirmed name is compared by the company.
OWNER_ASKED = declare(Kind("premises.owner_asked", channels=(Channel.INBOX,)))
REQUEST_ANSWERED = declare(
    Kind("premises.request_answered", event="requests", channels=(Channel.INBOX, Channel.EMAIL, Channel.SMS))
)
# To the person whose job began, changed or ended.
JOB_CHANGED = declare(Kind("premises.job_changed", channels=(Channel.INBOX, Channel.EMAIL)))
LETTERS_READY = declare(Kind("premises.letters_ready", event="letters", channels=(Channel.INBOX, Channel.EMAIL)))
# To the managers of the company.
LINK_WAITS = declare(Kind("premises.link_waits", channels=(Channel.INBOX,)))
LINK_ATTACK = declare(Kind("premises.link_attack", channels=(Channel.INBOX, Channel.EMAIL)))
