"""OpenRTB 2.6: requests that are sent, responses that are read, and dialects of others."""
