"""Pictures of circuits and compiled programs."""
