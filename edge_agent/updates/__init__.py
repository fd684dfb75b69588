"""Models and releases on the camera: signatures, versions, storage, A/B update."""
