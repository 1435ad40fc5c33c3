"""How many parts an SMS takes, and so what it costs (3GPP TS 23.038: GSM 7-bit alphabet or UCS-2)."""

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_ESCAPED = set("^{}\\[~]|€\f")  # two places each


def is_gsm(text: str) -> bool:
    """Whether the text needs no Unicode: one Cyrillic letter makes the whole message UCS-2."""
    return set(text) <= GSM | GSM_ESCAPED


def length(text: str) -> int:
    """Places the text takes: septets in GSM, 16-bit units in UCS-2 (an emoji takes two)."""
    if is_gsm(text):
        return len(text) + sum(sign in GSM_ESCAPED for sign in text)
    return len(text.encode("utf-16-be")) // 2


def parts(text: str) -> int:
    """Number of SMS parts: 160 places in one GSM part, 153 in each of several; 70 and 67 in UCS-2.

    A sign of two places is never cut in half, so a long text may need one part more than its length says.
    """
    gsm = is_gsm(text)
    single, several = (160, 153) if gsm else (70, 67)
    if length(text) <= single:
        return 1
    count, left = 1, several
    for sign in text:
        places = 1 + (sign in GSM_ESCAPED if gsm else ord(sign) > 0xFFFF)
        if places > left:
            count, left = count + 1, several
        left -= places
    return count
