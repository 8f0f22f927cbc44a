"""HSMT, the task: sentences, their datasets, scores, bounds on memory, and what each model remembers."""
