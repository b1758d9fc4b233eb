"""Each peer is imported in an environment of its own, never by pytest."""

collect_ignore_glob = ["*.py"]
