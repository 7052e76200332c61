"""Who is who: names of devices, models and precisions, with facts and their sources."""
