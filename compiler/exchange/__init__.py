"""Programs of any tool: values for their parameters, comparison, and conversion with the list of what is lost."""
