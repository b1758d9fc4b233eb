"""Figures and tables, the same for page, report and notebook."""
