"""The best plan for an advertiser's money, with a certificate of how good it can get."""
