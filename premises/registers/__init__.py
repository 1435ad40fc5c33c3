"""Registers: the files in which companies send what they know. One file per register format, and how cells are read."""
