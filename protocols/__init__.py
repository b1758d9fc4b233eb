"""Protocols and workcells that come with labd, as files."""
