from keras import ops
from stylecore.losses import gram_distance


def needed_statistics(representations):
    return frozenset({"second"})


def statistics(features, needed, *, places=None, landmarks=None):
    n, h, w, c = features.shape
    flat = ops.reshape(features, (-1, h * w, c))
    if places is None:
        return {"second": ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / (h * w)}
    p = ops.reshape(places, (-1, h * w, 1))
    total = ops.maximum(ops.sum(p, (1, 2), keepdims=True), 1e-6)
    return {"second": ops.matmul(ops.transpose(flat * p, (0, 2, 1)), flat) / total}


def mixed(statistics, weights):
    return {k: sum(w * s[k] for s, w in zip(statistics, weights)) for k in statistics[0]}


def style_distance(found, target, representations, *, landmarks=None):
    return gram_distance(found["second"], target["second"])


def make_landmarks(features):
    return None
