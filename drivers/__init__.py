"""Drivers: each a process of its own, written with `labd.driver_kit` and nothing else of labd."""
