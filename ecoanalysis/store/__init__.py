"""The one analysis database: raw tables as recorded or imported, derived tables rebuilt from them."""
