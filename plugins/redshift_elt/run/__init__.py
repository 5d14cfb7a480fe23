"""A run: its window, its parameters, the names of its tables, its clock."""
