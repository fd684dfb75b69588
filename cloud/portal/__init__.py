"""The portal: the pages of people, built from `web/` and served with the API."""
