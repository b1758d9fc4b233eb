"""What the page, the scripts and the command line see: plain JSON, made of the laboratory's state. Pure."""

from labd.web.views.campaigns import campaign_view, summary, trials_csv
from labd.web.views.edits import edits_view
from labd.web.views.now import now
from labd.web.views.pieces import View
from labd.web.views.trials import attached

__all__ = [
    "View",
    "attached",
    "campaign_view",
    "edits_view",
    "now",
    "summary",
    "trials_csv",
]
