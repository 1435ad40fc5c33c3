"""Charging: the arithmetic from tariffs, volumes and days to sums. Pure: no tables, no clock. See docs/charging.md."""
