"""From painted frames and a source's other streams to a video file."""
