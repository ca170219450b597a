"""The networks that judge and paint, their weights, and modules of TensorFlow Hub."""
