"""Pages about oneself: one file per room, one function per address."""
