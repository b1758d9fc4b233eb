"""What the page, the scripts and the command line see: plain JSON, made of the laboratory's state. Pure."""

from labd.web.views.approvals import approval_view, approvals_view
from labd.web.views.campaigns import campaign_view, summary, trials_csv
from labd.web.views.edits import edits_view
from labd.web.views.matter import in_the_room, labware_history, one_stock, places_view, stock_view
from labd.web.views.now import now
from labd.web.views.pieces import View
from labd.web.views.trials import attached

__all__ = [
    "View",
    "approval_view",
    "approvals_view",
    "attached",
    "campaign_view",
    "edits_view",
    "in_the_room",
    "labware_history",
    "now",
    "one_stock",
    "places_view",
    "stock_view",
    "summary",
    "trials_csv",
]
