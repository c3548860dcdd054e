"""Visual words: SIFT descriptors, and Fisher vectors over a learnt codebook."""
