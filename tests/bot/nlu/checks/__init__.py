"""What every component of a kind promises, one list of checks a kind. A second one of the kind gets them by one line in
the test that runs the list."""
