"""Interfaces of the trade: private deals of OpenRTB, and files for players of other makers."""
