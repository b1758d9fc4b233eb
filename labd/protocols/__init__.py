"""What an operator writes: read, checked, compiled into steps. Pure."""
