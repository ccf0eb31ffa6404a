"""A small simulated sequencing project whose every file agrees with every other; for the demo and the tests."""
