"""The certificate authority: who it signs for, what it remembers and what it takes back."""
