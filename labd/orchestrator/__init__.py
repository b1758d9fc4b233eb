"""The shell: one task that turns events into commits and commits into effects."""
