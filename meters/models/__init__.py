"""Meters, readings, the days when readings are taken, estimates and what residents tell about a meter."""

from meters.models.estimate import ConsumptionNorm, Estimate
from meters.models.meter import Meter, MeterEvent, MeterState
from meters.models.reading import Drop, Reading, ReadingDraft, ReadingState, Source
from meters.models.report import MeterReport
from meters.models.window import SubmissionWindow

__all__ = [
    "ConsumptionNorm",
    "Drop",
    "Estimate",
    "Meter",
    "MeterEvent",
    "MeterReport",
    "MeterState",
    "Reading",
    "ReadingDraft",
    "ReadingState",
    "Source",
    "SubmissionWindow",
]
