"""Pictures of hypergraphs and of the results of whole studies: comparisons and experiments."""
