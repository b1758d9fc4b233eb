"""Instruments that speak SCPI over a TCP socket: no other library is needed."""
