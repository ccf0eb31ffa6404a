"""The checks: sniff, validate, measure and report on sequencing files; paths and streams in, structs out."""
