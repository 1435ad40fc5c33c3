"""The staff's pages of meters, each kind in a file of its own."""

from meters.admin_meters import MeterAdmin

__all__ = ["MeterAdmin"]
