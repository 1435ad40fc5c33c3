"""Calculating a month: rows read in bulk, one call of `billing.charging` per account and service, rows to be written.

`Plan` holds what a whole run shares, `Chunk` what some houses share, `calculate_houses` gives what they come to. Nothing is
written here: `billing.actions.closing` does that.
"""
