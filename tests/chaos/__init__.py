"""A laboratory under a seeded schedule of faults, and the accounts that are compared at its end."""
