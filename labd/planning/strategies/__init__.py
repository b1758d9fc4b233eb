"""From a problem and what was observed to the next proposal: one file a kind of problem."""
