"""Looking into what paints: feature maps, reconstructions, and a picture's way to its result."""
