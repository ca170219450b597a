"""Images, colour, motion, shots and measures: arrays in, arrays out."""
