"""The space that is searched: coordinates of each parameter, what may be tried, and the features a model sees."""
