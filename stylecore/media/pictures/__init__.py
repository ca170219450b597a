"""Stills, animations and folders of frames: what is no video file, read and written."""
