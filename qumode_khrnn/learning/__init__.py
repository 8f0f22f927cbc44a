"""A trained k-HRNN over the modular(2) alphabet, and how trainable it is. The model is stated in docs/learning.md."""
