"""The end of a beam line: its optics, and the magnets, motors and detectors that tune it."""
