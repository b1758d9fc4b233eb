"""What is decided about an event: effects, and further events to record with it.

Nothing here is replayed: a decision that matters is an event (`Record`), and a restart begins with `DaemonStarted`,
upon which whatever was under way is taken up again from the state alone. The rules are in the rooms imported below;
to import a room is to register its rules, so each is imported here.
"""

from labd.lifecycles.decisions import approvals, campaigns, commands, edits, interlocks, room, runs, steps
from labd.lifecycles.decisions.commands import ANSWER_WITHIN, ASK_AGAIN
from labd.lifecycles.decisions.deciding import decide

__all__ = [
    "ANSWER_WITHIN",
    "ASK_AGAIN",
    "approvals",
    "campaigns",
    "commands",
    "decide",
    "edits",
    "interlocks",
    "room",
    "runs",
    "steps",
]
