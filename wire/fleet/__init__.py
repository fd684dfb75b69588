"""Messages of fleet management: device config, jobs, enrolment, privacy manifest."""
