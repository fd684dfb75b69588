"""Decodes packets to pictures and pictures to frames."""
