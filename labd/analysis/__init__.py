"""Raw readings become outcomes."""
