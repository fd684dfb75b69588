"""One file for each migration, named r<revision>_<what it does>.py; its statements never change."""
