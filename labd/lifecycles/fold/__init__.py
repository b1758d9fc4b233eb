"""The fold of the journal: what each event makes of the laboratory. Replayed for ever, so it decides nothing."""

from labd.lifecycles.fold.folding import evolve

__all__ = ["evolve"]
