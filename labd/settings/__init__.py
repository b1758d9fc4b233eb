"""Where a laboratory is and how its daemon is found. Standard library only: the command line starts with this.

A laboratory is a directory:

    workcell.yaml       the room
    protocols/          what may be run
    .labd/              the daemon's own: the journal, the drivers' ledgers, the broker's files, `daemon.json`
"""

from labd.settings.laboratory import (
    LaboratoryFiles,
    daemon_address,
    find_laboratory,
    forget_daemon,
    remember_daemon,
)

__all__ = ["LaboratoryFiles", "daemon_address", "find_laboratory", "forget_daemon", "remember_daemon"]
