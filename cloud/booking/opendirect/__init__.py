"""The resources of OpenDirect 2.1, mapped from and to accounts, orders and screens."""
