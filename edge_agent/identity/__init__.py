"""The identity of one camera: key, certificate, location."""
