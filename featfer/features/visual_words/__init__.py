"""Visual words: SIFT descriptors, and Fisher vectors with a learnt codebook."""
