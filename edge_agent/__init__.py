"""The agent: measures the audience in front of a camera and sends reports to the cloud."""
