"""What residents and employees are told about meters."""

from notifications.kinds import Kind, declare
from notifications.models import Channel, Delivery

EVENT = "meters"
# A higher source's reading counts instead of the resident's own.
OVERRULED = declare(Kind("meters.overruled", event=EVENT, channels=(Channel.INBOX, Channel.EMAIL)))
# The days for readings have come, or end soon, and nothing was sent.
WINDOW = declare(Kind("meters.window", event=EVENT, channels=(Channel.INBOX, Channel.EMAIL), lane=Delivery.Lane.BULK))
# A verification runs out in 60, 30 or 7 days.
VERIFICATION = declare(
    Kind("meters.verification", event=EVENT, channels=(Channel.INBOX, Channel.EMAIL), lane=Delivery.Lane.BULK)
)
# The company answered what a resident told about a meter.
REPORT_ANSWERED = declare(Kind("meters.report_answered", event=EVENT, channels=(Channel.INBOX, Channel.EMAIL)))
# To the managers of the company: a resident told something about a meter.
REPORT_WAITS = declare(Kind("meters.report_waits", channels=(Channel.INBOX,)))
