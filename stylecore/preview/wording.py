"""Estimates in words."""

from stylecore.preview.estimate import Estimate


def described(estimate: Estimate) -> list[str]:
    """An estimate as a few phrases, the time first."""
    phrases = [f"about {spoken_time(estimate.seconds)}"]
    if estimate.seconds_left < 0.95 * estimate.seconds:
        phrases[0] += f", of which {spoken_time(estimate.seconds_left)} are left"
    phrases.append(f"{spoken_size(estimate.store_bytes)} of disk while it works")
    phrases.append(f"{spoken_size(estimate.result_bytes)} for the result")
    if estimate.memory_bytes is not None:
        phrases.append(f"{spoken_size(estimate.memory_bytes)} of memory")
    return phrases


def spoken_time(seconds: float) -> str:
    """``45 s``, ``12 min``, ``1 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def spoken_size(count: float) -> str:
    """``12 MB``, ``1.4 GB``."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"
