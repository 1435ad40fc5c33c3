"""The staff's pages of meters, each kind in a file of its own."""

from meters.admin_meters import MeterAdmin
from meters.admin_readings import ReadingAdmin
from meters.admin_reports import MeterReportAdmin
from meters.admin_rules import ConsumptionNormAdmin, SubmissionWindowAdmin

__all__ = ["ConsumptionNormAdmin", "MeterAdmin", "MeterReportAdmin", "ReadingAdmin", "SubmissionWindowAdmin"]
