"""A flow bench for one palladium-catalysed Suzuki coupling: its kinetics, its chromatography and its instruments."""
