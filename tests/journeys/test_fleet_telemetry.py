"""Reports through the hardened broker: the camera's own link, the real stream, certificates.

What a camera says is counted and acknowledged; what another says in its name is not.
"""
