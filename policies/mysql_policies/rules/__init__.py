"""One rule a file: a function, and the policy that the engine is given for it."""
