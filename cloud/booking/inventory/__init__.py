"""What is for sale: products, hours, avails, and what screens do not show or sell."""
