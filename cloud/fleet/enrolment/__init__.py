"""Enrolment by claim certificate: the allow-list, the server and its protocol."""
