"""Four seconds of calm music for the demo clip: a soft chord and a plucked melody."""

import numpy as np

RATE = 48000
BEAT = 0.5
"""Seconds."""
CHORDS = (((50, 57, 62, 66, 69), 0.0), ((55, 59, 62, 66, 71), 2.0))
"""MIDI notes and the second at which they begin: D major, then G major with its seventh."""
MELODY = ((78, 0.0), (81, 0.5), (86, 1.0), (85, 1.5), (83, 2.0), (78, 2.5), (81, 3.0), (74, 3.25))


def compose(seconds: float) -> np.ndarray:
    """Stereo sound, (samples, 2) float32 in [-1, 1], silent at both ends."""
    count = round(seconds * RATE)
    time = np.arange(count) / RATE
    dry = np.zeros((count, 2))
    for notes, start in CHORDS:
        for number, note in enumerate(notes):
            dry += _pan(_pad(time - start, _pitch(note)), 0.25 + 0.12 * number) * 0.05
    for number, (note, start) in enumerate(MELODY):
        dry += _pan(_pluck(time - start, _pitch(note)), 0.3 + 0.4 * (number % 2)) * 0.16
    wet = dry + 0.5 * _hall(dry)
    fade = np.clip(np.minimum(time / 0.04, (seconds - time) / 0.6), 0, 1)
    return (wet * fade[:, None] / np.abs(wet).max() * 0.8).astype(np.float32)


def _pitch(note: int) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


def _pan(sound: np.ndarray, right: float) -> np.ndarray:
    return sound[:, None] * (np.sqrt(1 - right), np.sqrt(right))


def _pad(time: np.ndarray, pitch: float) -> np.ndarray:
    """Swells within half a second and is gone after two and a half."""
    loudness = np.clip(time / 0.5, 0, 1) * np.clip((2.6 - time) / 0.7, 0, 1) * (time >= 0)
    tone = np.zeros_like(time)
    for detune in (-0.0016, 0.0, 0.0019):
        for harmonic, strength in ((1, 1.0), (2, 0.35), (3, 0.12)):
            tone += strength * np.sin(2 * np.pi * pitch * (1 + detune) * harmonic * time)
    return tone * loudness


def _pluck(time: np.ndarray, pitch: float) -> np.ndarray:
    """A soft mallet: overtones die away sooner than the note."""
    since = np.maximum(time, 0)
    attack = np.clip(since / 0.006, 0, 1)
    tone = sum(
        strength * np.sin(2 * np.pi * pitch * ratio * since) * np.exp(-since * decay)
        for ratio, strength, decay in ((1, 1.0, 3.2), (2, 0.3, 6.0), (3.98, 0.18, 14.0))
    )
    return tone * attack


def _hall(dry: np.ndarray) -> np.ndarray:
    """Reverberation: convolution with noise that dies away."""
    random = np.random.default_rng(7)
    length = int(1.1 * RATE)
    tail = random.normal(size=(length, 2)) * np.exp(-np.arange(length) / (0.22 * RATE))[:, None]
    tail = np.cumsum(tail, axis=0) - np.cumsum(np.roll(tail, 12, axis=0), axis=0)
    size = 1 << (len(dry) + length).bit_length()
    spectrum = np.fft.rfft(dry, size, axis=0) * np.fft.rfft(tail, size, axis=0)
    wet = np.fft.irfft(spectrum, size, axis=0)[: len(dry)]
    return wet / np.abs(wet).max() * np.abs(dry).max()
