"""Tests of creatives against each other: random assignment by screen and hour, and a valid test."""
