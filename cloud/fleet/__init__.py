"""The fleet: who the cameras are, what they should be, and whether they are it.

On a self-hosted broker this room answers on the very topics of AWS IoT (shadows, jobs, provisioning
by claim), so that a camera's agent and the official device SDKs cannot tell the difference.
"""
