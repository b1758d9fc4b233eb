"""Simulated laboratories: physics with a known truth, and the instruments on it."""
