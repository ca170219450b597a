"""The proof that a result is what it should be: by decoding it, and in small before the work."""
