"""Texts of payment codes, one pure file per national format."""
