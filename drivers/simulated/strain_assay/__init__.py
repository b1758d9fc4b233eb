"""A bench for strains in 96-well plates: their growth, their fluorescence and the instruments around them."""
