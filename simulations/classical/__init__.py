<<<<<<< ours
"""Classical models of HSMT: constructive ones, and trained networks."""
=======
"""Trained classical models of HSMT: recurrent networks, a linear state-space layer, a Transformer of bounded memory."""
>>>>>>> theirs
