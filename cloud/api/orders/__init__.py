"""Routes of orders, their lines, actions and changes."""
