"""The fleet of devices: registry, shadows, jobs and enrolment, compatible with AWS IoT."""
