"""Routes of the trade: private deals of OpenRTB."""
