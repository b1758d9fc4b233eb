"""A whole campaign on virtual time against the workcell's declared durations: how long, who waits for what, what runs
out. The state machine is the daemon's own; instruments, planner, analysis and persons are made up."""

from labd.simulation.dry_run.account import Account, Bar, Ending, Refill, Wait
from labd.simulation.dry_run.playing import dry_run

__all__ = ["Account", "Bar", "Ending", "Refill", "Wait", "dry_run"]
