"""The nightly run: its steps, checkpoints and lock."""
