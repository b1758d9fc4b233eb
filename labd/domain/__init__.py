"""The nouns of the laboratory: frozen values, ids, events, effects and errors."""
