"""Answers of networks to sentences: generated, sampled with noise, scored."""
