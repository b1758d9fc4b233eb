"""The verbs: which state may follow which, and what to do about an event. Pure."""
