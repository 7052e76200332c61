"""Joules to grams, litres and scores, with the factors' tables."""
