"""Who is who: names of devices, models and precisions, with the facts about them and where each comes from."""
