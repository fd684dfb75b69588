"""How much of the booked time of campaigns cameras have observed."""
