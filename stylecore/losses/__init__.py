"""Every formula of a loss, once: on tensors, with ``keras.ops``."""
