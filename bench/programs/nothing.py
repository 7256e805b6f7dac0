"""An empty program: what everything around a program costs."""
