"""Keeps codes, phones, e-mails and secret addresses out of the logs, tracebacks included."""

import logging
import re

# Words near which six digits are a one-time code (English, Russian, Ukrainian; also as a form field or a key).
CODE_WORD = r"(?:code|otp|pin|token|passw\w*|код\w*|парол\w*)"
SIX = r"(?<!\d)\d(?:[ \-,.]{0,2}\d){5}(?!\d)"
PATTERNS = (
    (re.compile(r"/([qd])/[^\s/?\"'<>]+"), r"/\1/…"),
    (re.compile(r"(?i)([?&]?\b(?:code|token|key|sig|signature|password|secret)\b[\"']?\s*[=:]\s*)[\"']?[^\s&\"',;)}]+[\"']?"), r"\1…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 …"),
    (re.compile(r"(?i)(\bpostgres(?:ql)?|\bredis|\bhttps?)(://)[^\s/@]+@"), r"\1\2…@"),
    (re.compile(rf"(?i)({CODE_WORD}\W{{0,3}}(?:\w+\W{{1,3}}){{0,3}}?){SIX}"), r"\1…"),
    (re.compile(rf"(?i){SIX}(\W{{0,3}}(?:\w+\W{{1,3}}){{0,3}}?{CODE_WORD})"), r"…\1"),
    (re.compile(r"[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), "…@…"),
    # +7 (912) 345-67-89, 8 912 345 67 89, 380671234567, 067 123 45 67; an identifier inside a word is none.
    (re.compile(r"(?<![\w.:/-])(?:\+|%2B)\d(?:[\s().-]{0,2}\d){8,14}(?!\w)", re.I), "+…"),
    (re.compile(r"(?<![\w.:/-])(?:[78]|380?|0)[\s(-]{0,2}\d{2,3}(?:[\s().-]{0,2}\d){7}(?!\w)"), "+…"),
)  # fmt: skip


def redact(text: str) -> str:
    """Return the text without what looks personal or secret."""
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text


class Redact(logging.Filter):
    """Redacts every record, its traceback and its stack before a handler writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
