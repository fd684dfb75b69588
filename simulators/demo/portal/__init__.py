"""The portal of the demonstration: users of each role, and the addresses that are printed."""
