"""What a driver is written with; starts fast, and imports neither torch nor the daemon."""
