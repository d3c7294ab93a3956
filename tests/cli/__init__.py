"""Every command, as a clinic and a careless typist use it."""
