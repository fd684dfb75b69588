"""Enrolment of a camera with a claim certificate, and renewal of its certificate."""
