"""Certificate authority, hardened broker and AWS deployment."""
