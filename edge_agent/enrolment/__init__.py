"""How a camera comes to its certificate, and to the next one."""
