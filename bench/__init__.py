"""What a run costs, measured on the stand-in; see __main__.py."""
