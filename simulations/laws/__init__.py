"""Laws of probability of what readouts show: densities, distribution functions, samples."""
