"""The inference suite, one file per framework and modality."""
