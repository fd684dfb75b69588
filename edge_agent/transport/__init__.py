"""Connections to the cloud: MQTT (paho), AWS IoT, loopback, provisioning client."""
