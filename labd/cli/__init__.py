"""The command line. Imports only the standard library and click at start."""
