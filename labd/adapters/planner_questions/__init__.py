"""What a planner in another process is asked and how it answers, wherever that process is."""
