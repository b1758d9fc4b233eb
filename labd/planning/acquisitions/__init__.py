"""How much an experiment promises, and where it promises most."""
