"""A powder laboratory with one furnace: the chemistry of three oxides, and the instruments around it."""
