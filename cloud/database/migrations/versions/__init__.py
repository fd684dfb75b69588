"""One file for each step, named r<revision>_<what it does>.py; a landed one never changes."""
