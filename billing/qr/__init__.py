"""Texts of payment codes, one pure file per national format; `reading` tells them apart, `symbol` says how each is drawn."""
