"""A windmill over tulip fields on a bright day, seen while the camera glides to the left."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from data.layers import Layer, about, rotation, scaling, translation
from data.paint import TEXELS, Canvas, coverage, mix, ramp, relief, rgb, smoothstep

HORIZON = 148.0
VANISHING = 205.0
CAMERA_SPEED = 1.2
ZOOM = 0.0024
HUB = (318.0, 84.0)
SAIL_TURN = 2.1
"""Degrees a frame."""

Stops = list[tuple[float, str]]
LEAVES: Stops = [(0, "#16331f"), (0.4, "#2f6b34"), (0.7, "#7fa63f"), (1, "#dde27a")]


def camera(parallax: float) -> Callable[[float], np.ndarray]:
    """The camera glides to the left and closer, so everything moves to the right and grows."""

    def placement(time: float) -> np.ndarray:
        closer = about(280, 130, scaling(1 + ZOOM * time * (0.3 + 0.7 * parallax)))
        return closer @ translation(CAMERA_SPEED * parallax * (time - 20), 0)

    return placement


def build() -> list[Layer]:
    """The layers, the farthest first."""
    return [
        Layer(_sky(), camera(0.03)),
        Layer(_cumulus(), _drifting),
        Layer(_distance(), camera(0.2)),
        Layer(_field(), _field_placement),
        *_flock(),
        Layer(_farm(), camera(0.52)),
        Layer(_mill(), camera(0.62)),
        Layer(_sails(), _turning),
        Layer(_tulips(bottom=281, size=5.2, count=150, seed=161), _swaying(1.35, 0.0)),
        Layer(_tulips(bottom=309, size=9.0, count=60, seed=162), _swaying(1.9, 1.7)),
    ]


def _sky() -> Canvas:
    canvas = Canvas(-30, -30, 540, 210)
    x, y = canvas.grid()
    height = (y + 30) / 200 + 0.06 * (canvas.noise(cell=140, seed=111) - 0.5)
    sky = ramp(height, [(0, "#1f62b4"), (0.35, "#4a93d4"), (0.7, "#9cccea"), (0.95, "#f1ecd2")])
    for seed, cell, low in ((112, (120.0, 12.0), 0.58), (113, (60.0, 7.0), 0.62)):
        wisp = canvas.noise(cell=cell, seed=seed)
        wisp = wisp + 0.09 * np.sin((x * 0.5 + y * 2.6) / 30)
        sky = mix(sky, rgb("#fbfaf0"), 0.75 * smoothstep(low, low + 0.2, wisp))
    canvas.paint(sky)
    return canvas


CLOUDS = (
    (60, 96, 84, 56), (205, 114, 60, 28), (456, 100, 96, 62), (345, 40, 54, 22), (-30, 130, 66, 20),
    (310, 130, 64, 16), (150, 34, 40, 16),
)  # fmt: skip
"""Middle x, base y, half width and height of every cloud."""


def _cumulus() -> Canvas:
    """Clouds of many overlapping puffs, white on the sun's side, lilac below."""
    canvas = Canvas(-60, -20, 620, 170)
    random = np.random.default_rng(121)
    heights, cover = np.zeros(canvas.shape, np.float32), np.zeros(canvas.shape, np.float32)
    for middle, base, width, tall in CLOUDS:
        for _ in range(60):
            across = np.clip(random.normal(0, 0.38), -0.85, 0.85)
            up = random.uniform(0, 0.85) * (1 - abs(across)) ** 0.8
            radius = random.uniform(0.2, 0.36) * tall * (1.1 - 0.5 * up) * (1.15 - abs(across))
            centre = (middle + across * width, base - up * tall)
            _puff(heights, cover, canvas, centre, radius, base)
    fluff = canvas.noise(cell=12, seed=122, octaves=5)
    lit = relief(heights + 5 * fluff, light=(0.55, -0.85), reach=2.2)
    cloud = ramp(lit, [(0.1, "#8fa0c9"), (0.4, "#c9d0e6"), (0.6, "#f7f1ea"), (0.9, "#fffdf4")])
    canvas.paint(cloud, smoothstep(0.25, 0.6, cover + 0.5 * (fluff - 0.5) * (cover < 0.9)))
    return canvas


def _puff(
    heights: np.ndarray,
    cover: np.ndarray,
    canvas: Canvas,
    centre: tuple[float, float],
    radius: float,
    base: float,
) -> None:
    """Raises one dome over a cloud's flat base."""
    rows, columns = (
        slice(
            max(0, int((middle - radius - start) * TEXELS)),
            int((middle + radius - start) * TEXELS) + 2,
        )
        for middle, start in ((centre[1], canvas.top), (centre[0], canvas.left))
    )
    window = heights[rows, columns]
    y, x = np.indices(window.shape, dtype=np.float32)
    x = canvas.left + (x + columns.start + 0.5) / TEXELS - centre[0]
    y = canvas.top + (y + rows.start + 0.5) / TEXELS
    dome = np.sqrt(np.clip(1 - (x**2 + (y - centre[1]) ** 2) / radius**2, 0, 1)) * radius
    dome = dome * smoothstep(base + 4, base - 3, y)
    lifted = dome + 0.5 * (base - centre[1]) * (dome > 0)
    heights[rows, columns] = np.maximum(window, lifted)
    cover[rows, columns] = np.maximum(cover[rows, columns], np.clip(dome * 0.8, 0, 1))


def _drifting(time: float) -> np.ndarray:
    return camera(0.08)(time) @ translation(0.35 * (time - 20), 0)


def _distance() -> Canvas:
    """Woods, fields and a church on the horizon."""
    canvas = Canvas(-60, 104, 620, 56)
    random = np.random.default_rng(131)
    _, y = canvas.grid()
    canvas.paint(
        ramp(canvas.noise(cell=(30, 3), seed=132), [(0.2, "#6f9a6a"), (0.5, "#b6bf76"),
                                                    (0.8, "#e3d492")]),
        coverage(y - 142),
    )  # fmt: skip
    _steeple(canvas, 118)
    _steeple(canvas, 430)
    for house in (96, 132, 146, 410, 446, 462, 230, 246):
        canvas.rectangle(house, 140, house + 10, 146, "#d9b9a4")
        canvas.polygon([(house - 1, 140), (house + 11, 140), (house + 5, 134)], "#b2533f")
    for foot in np.sort(random.uniform(141, 148, 700)):
        place = random.uniform(-60, 560)
        grove = 0.5 + 0.5 * np.sin(place / 37) * np.sin(place / 11 + 1)
        size = random.uniform(1.6, 3.4) * (0.5 + grove)
        tone = ramp(np.float32(random.random()), [(0, "#3d6a66"), (0.5, "#5e8f68"), (1, "#a9b86c")])
        canvas.ellipse((place, foot - size * 0.7), (size, size * 0.85), tone)
        canvas.ellipse((place + size * 0.3, foot - size), (size * 0.5, size * 0.4), tone * 1.22)
    canvas.roughen(0.15, cell=2.5, seed=133)
    return canvas


def _steeple(canvas: Canvas, x: float) -> None:
    canvas.rectangle(x - 4, 124, x + 4, 146, "#cdb0a0")
    canvas.rectangle(x - 4, 124, x - 1, 146, "#967f86")
    canvas.polygon([(x - 5, 124), (x + 5, 124), (x, 107)], "#5f7390")


def _field_placement(time: float) -> np.ndarray:
    """A level plane under a camera that moves sideways: lower on the screen is faster."""
    shear = np.eye(3)
    speed = CAMERA_SPEED * (1.3 - 0.22) / (270 - HORIZON)
    shear[0, 1], shear[0, 2] = speed * (time - 20), -speed * (time - 20) * HORIZON
    return camera(0.22)(time) @ shear


BANDS = (
    ("#c81f3c", "#f4566a"), ("#f2a51d", "#ffe072"), ("#d8467f", "#ffa6c4"), ("#f4ead8", "#ffffff"),
    ("#7c3fa3", "#c48be0"), ("#e8561f", "#ffa65a"), ("#e9c618", "#fff39a"), ("#a81434", "#e8455c"),
)  # fmt: skip


def _field() -> Canvas:
    """Rows of tulips that run towards one vanishing point."""
    canvas = Canvas(-110, HORIZON - 3, 720, 150)
    x, y = canvas.grid()
    depth = np.maximum(y - HORIZON, 0.5)
    row = (x - VANISHING) / depth
    soil = canvas.noise(cell=(7, 3), seed=141)
    canvas.paint(ramp(soil, [(0.2, "#3d4a25"), (0.5, "#5f7a36"), (0.8, "#9aa757")]))
    band = np.floor(row / 0.62).astype(int)
    within = np.abs((row / 0.62) % 1 - 0.5) * 2
    dark = np.stack([rgb(shade) for shade, _ in BANDS])[band % len(BANDS)]
    light = np.stack([rgb(tint) for _, tint in BANDS])[band % len(BANDS)]
    colours = mix(dark, light, canvas.noise(cell=(3, 1.2), seed=142))
    cover = (1 - smoothstep(0.66, 0.8, within)) * smoothstep(0.5, 3, y - HORIZON)
    canvas.paint(colours, cover)
    _blossoms(canvas)
    _soften_distance(canvas, y)
    return canvas


def _soften_distance(canvas: Canvas, y: np.ndarray) -> None:
    """Rows finer than a pixel would flicker: towards the horizon they blur into one another."""
    near = smoothstep(HORIZON + 4, HORIZON + 46, y)
    soft = cv2.GaussianBlur(canvas.pixels, (0, 0), 1.6).astype(np.float32)
    canvas.pixels = np.rint(mix(soft, canvas.pixels.astype(np.float32), near)).astype(np.uint8)


def _blossoms(canvas: Canvas) -> None:
    random = np.random.default_rng(143)
    for near in np.sort(1 / random.uniform(1 / 138, 1 / 16, 9000)):
        y = HORIZON + near
        low, high = ((edge - VANISHING) / near / 0.62 for edge in (-110, 610))
        number = int(random.integers(int(np.floor(low)), int(np.ceil(high)) + 1))
        across = 0.5 + random.uniform(-0.36, 0.36)
        x = VANISHING + (number + across) * 0.62 * near
        if not -115 < x < 615:
            continue
        size = 0.35 + near * 0.021
        if random.random() < 0.4:
            tip = (x + random.normal(0, size * 0.7), y - size * 2.6)
            canvas.line([(x, y), tip], ramp(np.float32(random.random()), LEAVES), size * 0.35)
        shade, tint = (rgb(tone) for tone in BANDS[number % len(BANDS)])
        light = np.float32(random.beta(2, 2))
        canvas.ellipse((x, y), (size * 0.72, size), mix(shade * 0.8, tint, light))
        canvas.ellipse((x + size * 0.2, y - size * 0.25), (size * 0.3, size * 0.5),
                       mix(shade, tint, min(light + 0.45, 1.0)))  # fmt: skip


def _farm() -> Canvas:
    """A farmhouse, trees and a hedge beside the mill."""
    canvas = Canvas(330, 70, 220, 110)
    random = np.random.default_rng(151)
    _crown(canvas, random, (512, 116), 30, 420)
    _farmhouse(canvas, random)
    _crown(canvas, random, (366, 130), 17, 200)
    _crown(canvas, random, (486, 138), 16, 190)
    for x in np.sort(random.uniform(336, 540, 420)):
        tone = ramp(np.float32(random.random()), LEAVES)
        canvas.ellipse((x, 163 + random.uniform(-2, 3)), (random.uniform(1.5, 3), 1.8), tone)
    canvas.roughen(0.18, cell=3, seed=152)
    return canvas


def _farmhouse(canvas: Canvas, random: np.random.Generator) -> None:
    """Brick walls under a thatched roof."""
    canvas.rectangle(388, 138, 458, 162, "#c9694c")
    canvas.polygon([(388, 162), (410, 162), (410, 138), (399, 120), (388, 138)], "#93443a")
    for level in np.arange(139.5, 162, 2.2):
        canvas.line([(411, level), (458, level)], "#e09a76", 0.5)
    roof = [(384, 139), (399, 117), (466, 117), (474, 139), (410, 140), (399, 122)]
    canvas.polygon(roof, "#8c7448")
    for _ in range(500):
        y = random.uniform(118, 139)
        x = random.uniform(403 + (y - 118) * 0.5, 464 + (y - 118) * 0.35)
        tone = ramp(np.float32(random.random()), [(0, "#5f4c30"), (0.5, "#a98a52"), (1, "#e8cf8c")])
        canvas.line([(x, y), (x + 0.6, y + 3)], tone, 0.5)
    for left in (418, 431, 444):
        canvas.rectangle(left, 145, left + 7, 156, "#f6efdc")
        canvas.rectangle(left + 1, 146, left + 6, 155, "#34506e")
        canvas.line([(left + 3.5, 155), (left + 3.5, 146)], "#f6efdc", 0.5)
    canvas.rectangle(396, 148, 403, 162, "#2f6b58")
    canvas.rectangle(442, 110, 448, 119, "#7d3a30")


def _crown(
    canvas: Canvas,
    random: np.random.Generator,
    middle: tuple[float, float],
    size: float,
    leaves: int,
) -> None:
    x, y = middle
    canvas.line([(x, y), (x + 1, 164)], "#4b3626", size * 0.14)
    for _ in range(leaves):
        angle, away = random.uniform(0, 2 * np.pi), np.sqrt(random.random())
        dx, dy = away * np.cos(angle), away * np.sin(angle) * 1.1
        light = np.clip(0.42 + 0.28 * dx - 0.30 * dy + random.normal(0, 0.16), 0, 1)
        canvas.ellipse((x + dx * size, y + dy * size), (size * 0.13, size * 0.09),
                       ramp(np.float32(light), LEAVES), angle=random.uniform(0, 180))  # fmt: skip


def _mill() -> Canvas:
    canvas = Canvas(262, 56, 112, 124)
    _brick_tower(canvas)
    canvas.polygon([(294, 92), (342, 92), (338, 72), (330, 63), (312, 61), (299, 70)], "#4f6b52")
    canvas.polygon([(322, 92), (342, 92), (338, 72), (330, 63), (320, 62)], "#7f9b6c")
    for k in range(9):
        canvas.line([(296 + 5.4 * k, 92), (303 + 3.6 * k, 65)], "#39503f", 0.5)
    _gallery(canvas)
    for x, y in ((309, 106), (327, 106), (306, 146), (331, 146)):
        canvas.rectangle(x - 3.4, y - 5, x + 3.4, y + 5, "#fbf3e0")
        canvas.rectangle(x - 2.4, y - 4, x + 2.4, y + 4, "#2d4864")
        canvas.line([(x, y + 4), (x, y - 4)], "#fbf3e0", 0.5)
    canvas.rectangle(313, 150, 324, 166, "#2f6b58")
    random = np.random.default_rng(153)
    for x in random.uniform(278, 360, 150):
        tone = ramp(np.float32(random.random()), LEAVES)
        canvas.ellipse((x, 166 + random.uniform(-3, 2)), (2.2, 1.6), tone)
    canvas.roughen(0.1, cell=3, seed=155)
    return canvas


def _brick_tower(canvas: Canvas) -> None:
    canvas.polygon([(298, 92), (338, 92), (352, 166), (284, 166)], "#a5583f")
    x, y = canvas.grid()
    across = (x - 318) / (20 + 14 * (y - 92) / 74)
    courses = np.abs((y / 3.0) % 1 - 0.5) * 2
    shifted = x + np.where(np.floor(y / 3.0) % 2 == 0, 0, 3)
    joints = np.maximum(
        smoothstep(0.75, 1.0, courses), smoothstep(0.84, 1.0, np.abs((shifted / 6) % 1 - 0.5) * 2)
    )
    tones = [(0.2, "#8f3f33"), (0.5, "#bd6548"), (0.8, "#e39a6c")]
    brick = ramp(canvas.noise(cell=(6, 3), seed=154, octaves=3), tones)
    brick = mix(brick, rgb("#e6cfae"), 0.55 * joints)
    light = 0.62 + 0.62 * np.exp(-((across - 0.35) ** 2) / 0.5)
    canvas.repaint(brick * light[..., None])


def _gallery(canvas: Canvas) -> None:
    """The balcony from which the miller turns the cap."""
    canvas.rectangle(276, 132, 360, 135, "#f3ead6")
    canvas.polygon([(276, 135), (360, 135), (356, 137), (280, 137)], "#6a4a36")
    for post in np.linspace(277, 359, 15):
        canvas.line([(post, 126), (post, 132)], "#f3ead6", 0.6)
    canvas.line([(276, 126), (360, 126)], "#fffaf0", 1.0)
    for brace in np.linspace(284, 352, 8):
        canvas.line([(brace, 136), (318 + (brace - 318) * 0.82, 147)], "#7a5540", 1.0)


def _sails() -> Canvas:
    """Four sails about (0, 0); canvas patched over a lattice."""
    canvas = Canvas(-84, -84, 168, 168)
    for number in range(4):
        turn = rotation(90 * number)[:2, :2]

        def turned(points: list[tuple[float, float]], turn: np.ndarray = turn) -> np.ndarray:
            return np.array(points) @ turn.T

        cloth = "#f4e4c4" if number % 2 else "#e4c9a2"
        canvas.polygon(turned([(1, -14), (15, -16), (16, -80), (1, -81)]), cloth)
        canvas.polygon(turned([(9, -15), (15, -16), (16, -80), (9, -80)]), rgb(cloth) * 0.86)
        for level in range(18, 81, 7):
            canvas.line(turned([(-4, -level), (16, -level)]), "#7b4a33", 0.8)
        for side in (-4, 8.5, 15.5):
            canvas.line(turned([(side, -15), (side, -81)]), "#8f5a3c", 0.7)
        canvas.line(turned([(0, 0), (0, -83)]), "#5b3023", 2.2)
        canvas.polygon(turned([(9, -34), (15.4, -34), (15.4, -48), (9, -48)]), "#c2413b")
        canvas.polygon(turned([(1, -58), (8.2, -58), (8.2, -72), (1, -72)]), "#3f78a8")
    canvas.roughen(0.16, cell=4, seed=156)
    canvas.ellipse((0, 0), (5.5, 5.5), "#5b3023")
    canvas.ellipse((-0.8, -0.8), (3, 3), "#d9a441")
    return canvas


def _turning(time: float) -> np.ndarray:
    return camera(0.64)(time) @ translation(*HUB) @ rotation(18 + SAIL_TURN * time)


def _flock() -> Iterator[Layer]:
    for number, (x, y, size) in enumerate(((70, 66, 0.9), (92, 58, 0.75), (104, 76, 0.8))):
        canvas = Canvas(-15, -7, 30, 14)
        wing = np.array([(0, -0.8), (5, -4.4), (9, -3.8), (14.5, 0.8), (9, -0.4), (4, 1), (0, 2.4)])
        canvas.polygon(wing, "#fbf7ee")
        canvas.polygon(wing * (-1, 1), "#cfd3e2")
        canvas.polygon([(14.5, 0.8), (9, -3.8), (10, -0.3)], "#39404f")
        canvas.polygon([(-14.5, 0.8), (-9, -3.8), (-10, -0.3)], "#39404f")
        canvas.ellipse((0, 0.9), (1.7, 2.7), "#fffdf6")
        yield Layer(canvas, _flapping(x, y, size, 1.4 * number))


def _flapping(x: float, y: float, size: float, phase: float) -> Callable[[float], np.ndarray]:
    def placement(time: float) -> np.ndarray:
        flap = scaling(size, size * (0.8 + 0.7 * np.sin(0.42 * time + phase)))
        return camera(0.15)(time) @ translation(x + 1.6 * time, y - 0.15 * time) @ flap

    return placement


def _tulips(*, bottom: float, size: float, count: int, seed: int) -> Canvas:
    """Flowers close to the camera."""
    canvas = Canvas(-120, bottom - 12 * size, 740, 12 * size)
    random = np.random.default_rng(seed)
    for _ in range(count * 9):
        x, foot = random.uniform(-120, 620), bottom
        lean, height = random.normal(0, size * 1.2), random.uniform(2.5, 5.6) * size
        tone = ramp(np.float32(random.random()), LEAVES)
        wide = size * random.uniform(0.25, 0.5)
        leaf = [
            (x - wide, foot),
            (x + lean * 0.4 - wide * 0.6, foot - height * 0.6),
            (x + lean, foot - height),
            (x + lean * 0.5 + wide * 0.7, foot - height * 0.55),
            (x + wide, foot),
        ]
        canvas.polygon(leaf, tone)
    for x in random.permutation(np.linspace(-115, 615, count)):
        head = (x + random.normal(0, size * 0.5), bottom - random.uniform(4.6, 7.6) * size)
        canvas.line([(x, bottom), (x * 0.6 + head[0] * 0.4, (bottom + head[1]) / 2), head],
                    "#4d8a3c", size * 0.22)  # fmt: skip
        _tulip(canvas, head, size * random.uniform(0.85, 1.15), BANDS[random.integers(len(BANDS))])
    canvas.roughen(0.14, cell=3, seed=seed + 5)
    return canvas


def _tulip(canvas: Canvas, at: tuple[float, float], size: float, tones: tuple[str, str]) -> None:
    x, y = at
    shade, tint = rgb(tones[0]), rgb(tones[1])
    petal = np.array(
        [(0, 1.1), (-0.8, 0.7), (-0.95, -0.2), (-0.6, -1.2), (-0.1, -0.5), (0.35, 0.2)]
    )
    behind = np.array([(-0.5, -0.9), (0, -1.35), (0.5, -0.9), (0.6, 0.6), (-0.6, 0.6)])
    canvas.polygon(behind * size + at, shade * 0.75)
    canvas.polygon(petal * size + at, mix(shade, tint, 0.15))
    canvas.polygon(petal * (-size, size) + at, mix(shade, tint, 0.55))
    canvas.ellipse(
        (x + 0.05 * size, y + 0.25 * size), (0.5 * size, 0.85 * size), mix(shade, tint, 0.35)
    )
    canvas.ellipse(
        (x + 0.25 * size, y + 0.1 * size), (0.16 * size, 0.55 * size), mix(shade, tint, 0.95)
    )


def _swaying(parallax: float, phase: float) -> Callable[[float], np.ndarray]:
    """Flowers lean in the wind: a shear about their feet."""

    def placement(time: float) -> np.ndarray:
        lean = np.eye(3)
        lean[0, 1] = 0.05 * np.sin(0.16 * time + phase)
        return camera(parallax)(time) @ translation(0, 290) @ lean @ translation(0, -290)

    return placement
