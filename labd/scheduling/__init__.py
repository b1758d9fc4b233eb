"""Which instrument, in which order, when. Pure."""
