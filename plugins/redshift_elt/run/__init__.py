"""What makes a run: its window, the names of its tables, its clock."""
