"""The catalog: subjects → samples → experiments → runs, their accessions and their rules."""
