"""The certificate authority: profiles, signing, register and revocation of certificates."""
