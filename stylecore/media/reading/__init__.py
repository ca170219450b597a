"""From the bytes of a video file to its index and its upright RGB frames."""
