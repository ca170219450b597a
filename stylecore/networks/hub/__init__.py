"""TensorFlow Hub modules that repaint a picture in one pass, by handle or by folder.

Such a module takes a picture and a style, and computes from the style alone a few small tensors
that tell the rest how to paint (Ghiasi et al. 2017, section 3). Its graph is cut there: a style is
encoded once, codes can be mixed, and the moments that its instance normalisation takes of every
frame can be held, which spares a video their flicker and large pictures the seams between tiles.

``loading`` fetches and tries a module, ``graph`` cuts it, ``blocks`` rewrites what is slow, and
``network`` is what the engine paints with.
"""

from stylecore.networks.hub.loading import TOLERANCE, hub_digest, load_hub
from stylecore.networks.hub.network import HubNetwork, UncutHubNetwork

__all__ = ["TOLERANCE", "HubNetwork", "UncutHubNetwork", "hub_digest", "load_hub"]
