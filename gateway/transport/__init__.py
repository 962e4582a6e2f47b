"""HTTP: who is asking, what do they ask, and how they are answered."""
