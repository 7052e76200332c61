"""Samples to joules: counters, integration, gaps, idle, phases, bounds; and heat."""
