"""The command line `seqark`."""
