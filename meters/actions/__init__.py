"""The verbs of meters and readings."""

from meters.actions.devices import (
    DayIsWrong,
    MeterIsGone,
    NewMeter,
    check_meter,
    install,
    mark_broken,
    mark_repaired,
    questions_of,
    remove_meter,
    replace_meter,
    seal_meter,
    verify_meter,
)
from meters.actions.drafts import drop_drafts, forget_old_drafts, save_drafts
from meters.actions.reports import ToldAlready, answer_report, report
from meters.actions.reviewing import review
from meters.actions.submitting import (
    NotAcceptable,
    Outcome,
    Result,
    WindowIsClosed,
    look_at,
    period_to_read,
    reopening,
    submit,
)
from meters.actions.withdrawing import TooLateToTakeBack, elect, take_back, withdraw
from meters.holding import MetersAreBusy

__all__ = [
    "DayIsWrong",
    "MeterIsGone",
    "MetersAreBusy",
    "NewMeter",
    "NotAcceptable",
    "Outcome",
    "Result",
    "ToldAlready",
    "TooLateToTakeBack",
    "WindowIsClosed",
    "answer_report",
    "check_meter",
    "drop_drafts",
    "elect",
    "forget_old_drafts",
    "install",
    "look_at",
    "mark_broken",
    "mark_repaired",
    "period_to_read",
    "questions_of",
    "remove_meter",
    "reopening",
    "replace_meter",
    "report",
    "review",
    "save_drafts",
    "seal_meter",
    "submit",
    "take_back",
    "verify_meter",
    "withdraw",
]
