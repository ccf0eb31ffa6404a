"""What a laboratory's information system tells the archive."""
