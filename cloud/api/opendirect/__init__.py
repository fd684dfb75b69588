"""Routes of OpenDirect 2.1, under `/opendirect/2.1/`."""
