"""What can go wrong on the bench."""

FAULTS = ("stall", "clog", "lost_injection", "late")
