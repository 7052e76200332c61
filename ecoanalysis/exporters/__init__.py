"""What we know, in the formats of papers, model cards and reporting standards; a new one is listed in `formats`."""
