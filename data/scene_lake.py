"""A lake at dusk: mountains, wooded hills, a sail, a balloon, and a tree passing in front."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from data.layers import Layer, about, rotation, scaling, translation
from data.paint import TEXELS, Canvas, coverage, fbm, mix, ramp, relief, rgb, smoothstep

SUN = (322.0, 118.0)
SHORE = 166.0
CAMERA_SPEED = 1.15
"""Units a frame, for what passes with parallax 1."""
ZOOM = 0.0016


def camera(parallax: float) -> Callable[[float], np.ndarray]:
    """The camera glides to the right and closer, so everything moves to the left and grows."""

    def placement(time: float) -> np.ndarray:
        closer = about(240, 150, scaling(1 + ZOOM * time * (0.4 + 0.6 * parallax)))
        return closer @ translation(-CAMERA_SPEED * parallax * time, 0)

    return placement


def build() -> list[Layer]:
    """The layers, the farthest first."""
    return [
        Layer(_sky(), camera(0.03)),
        Layer(_mountains(), camera(0.12)),
        *_balloon(),
        Layer(_hill(top=134, seed=31, colours=FAR_WOOD, trees=900), camera(0.24)),
        Layer(_hill(top=150, seed=32, colours=NEAR_WOOD, trees=800), camera(0.36)),
        Layer(_lake(), _water_placement),
        Layer(_village(), camera(0.42)),
        *_boat(),
        *_birds(),
        Layer(_bank(), camera(1.5)),
        Layer(_tree(), camera(2.1)),
    ]


def _sky() -> Canvas:
    canvas = Canvas(-20, -20, 540, 210)
    x, y = canvas.grid()
    height = (y + 20) / 190 + 0.10 * (canvas.noise(cell=120, seed=1) - 0.5)
    sky = ramp(
        height,
        [(0.0, "#24386e"), (0.3, "#5a5596"), (0.52, "#a96a9a"), (0.68, "#e58c7f"),
         (0.8, "#f9b96f"), (0.95, "#ffe0a0")],
    )  # fmt: skip
    distance = np.hypot(x - SUN[0], (y - SUN[1]) * 1.2)
    sky = mix(sky, rgb("#fff0b8"), 0.75 * np.exp(-distance / 34))
    sky = mix(sky, rgb("#ffb56b"), 0.45 * np.exp(-distance / 110))
    for seed, cell, low in ((3, (150.0, 26.0), 0.56), (4, (80.0, 15.0), 0.60)):
        cloud = canvas.noise(cell=cell, seed=seed, octaves=6)
        cloud = cloud + 0.10 * np.sin((x * 0.35 + y * 2.2) / 34)
        lit = relief(cloud, light=(0.25, 1.0), reach=2.5)
        glow = np.exp(-distance / 150)[..., None]
        colours = mix(
            ramp(lit, [(0, "#4a4179"), (0.4, "#8f5f93"), (0.65, "#e07f80"), (1, "#ffcf95")]),
            ramp(lit, [(0, "#b5607a"), (0.5, "#ff9d6c"), (1, "#fff0bd")]),
            glow,
        )
        sky = mix(sky, colours, 0.92 * smoothstep(low, low + 0.14, cloud))
    sky = mix(sky, rgb("#fff7d6"), 1 - smoothstep(12.5, 14.5, np.hypot(x - SUN[0], y - SUN[1])))
    canvas.paint(sky)
    return canvas


def _profile(canvas: Canvas, *, top: float, height: float, cell: float, seed: int) -> np.ndarray:
    """Heights (y) of a skyline, one for every texture column."""
    noise = fbm((1, canvas.shape[1]), cell=(cell * TEXELS, 1), seed=seed, octaves=5, gain=0.45)[0]
    return top + height * (0.5 - noise) * 2


def _mountains() -> Canvas:
    canvas = Canvas(-20, 60, 560, 110)
    _, y = canvas.grid()
    skyline = _profile(canvas, top=112, height=26, cell=85, seed=11)
    depth = y - skyline
    x, _ = canvas.grid()
    bent = fbm(canvas.shape, cell=60, seed=12) * 90
    ridges = np.abs(np.sin((x + bent + 0.35 * depth) / 9.5)) ** 0.8
    crags = 1.4 * ridges + 1.1 * canvas.noise(cell=(13, 17), seed=13, octaves=5)
    lit = relief(crags, light=(-0.95, 0.3), reach=1.4)
    rock = ramp(lit, [(0.1, "#4a4780"), (0.4, "#75649a"), (0.62, "#c08a97"), (0.9, "#f6b995")])
    snow = smoothstep(15, 4, depth + 20 * (canvas.noise(cell=(7, 11), seed=14) - 0.5))
    rock = mix(rock, ramp(lit, [(0.1, "#9a8fc0"), (0.5, "#e9bfc0"), (0.9, "#fff0d6")]), 0.8 * snow)
    rock = mix(rock, rgb("#e0a093"), 0.65 * smoothstep(14, 52, depth))
    canvas.paint(rock, coverage(depth))
    return canvas


FAR_WOOD = ("#37416b", "#55577d", "#7d6a80", "#b4806f", "#e6a878")
NEAR_WOOD = ("#1d2f45", "#2c4a50", "#4e5f4c", "#9a6a3c", "#e2a04d")


def _hill(*, top: float, seed: int, colours: tuple[str, ...], trees: int) -> Canvas:
    """A ridge grown over with round trees, lit from the sun's side."""
    canvas = Canvas(-20, top - 44, 600, SHORE + 10 - (top - 44))
    _, y = canvas.grid()
    skyline = _profile(canvas, top=top, height=15, cell=110, seed=seed)
    ground = ramp(
        canvas.noise(cell=(20, 7), seed=seed + 1),
        list(zip((0.2, 0.5, 0.8), colours[:3], strict=True)),
    )
    canvas.paint(ground, coverage(y - skyline))
    random = np.random.default_rng(seed)
    left = random.uniform(canvas.left, canvas.left + 600, trees)
    share = np.sort(random.uniform(-0.02, 1.0, trees))
    for x, deep in zip(left, share, strict=True):
        crest = skyline[canvas.column(x)]
        foot = crest + deep * (SHORE + 6 - crest)
        _round_tree(canvas, random, (x, foot), 2.6 + 3.2 * deep + random.uniform(0, 1.4), colours)
    canvas.roughen(0.22, cell=2.5, seed=seed + 2)
    return canvas


def _round_tree(
    canvas: Canvas,
    random: np.random.Generator,
    foot: tuple[float, float],
    size: float,
    colours: tuple[str, ...],
) -> None:
    warmth = random.beta(1.4, 2.0) * 0.75
    places = np.linspace(0, 1, len(colours))
    for step, (shade, shrink) in enumerate(((0.0, 1.0), (0.28, 0.74), (0.5, 0.42))):
        brightness = np.float32(min(warmth * 0.8 + shade * 0.9, 1))
        tone = ramp(brightness, list(zip(places, colours, strict=True)))
        centre = (foot[0] + step * 0.22 * size * np.sign(SUN[0] - foot[0]),
                  foot[1] - size * (0.7 + 0.16 * step))  # fmt: skip
        canvas.ellipse(centre, (size * shrink * 0.8, size * shrink), tone)


def _water_placement(time: float) -> np.ndarray:
    """A level plane under a camera that moves sideways: what is lower on the screen moves faster.

    The shear keeps the shore where parallax 0.4 has it and gives parallax 1.5 at y = 270.
    """
    shear = np.eye(3)
    speed = -CAMERA_SPEED * (1.5 - 0.4) / (270 - SHORE)
    shear[0, 1], shear[0, 2] = speed * time, -speed * time * SHORE
    return camera(0.4)(time) @ shear


def _lake() -> Canvas:
    canvas = Canvas(-60, SHORE - 1, 740, 150)
    x, y = canvas.grid()
    near = (y - SHORE) / 104
    ripples = _perspective_noise(x, y, seed=41)
    fine = _perspective_noise(x * 2.3 + 17, y, seed=42)
    wavelets = _perspective_noise(x * 4.1 + 5, y, seed=43, fineness=6.0)
    mirrored = near + 0.24 * (ripples - 0.5) + 0.16 * (fine - 0.5) + 0.28 * (wavelets - 0.5)
    water = ramp(
        mirrored,
        [(-0.05, "#ffd295"), (0.1, "#f0a17c"), (0.28, "#b9708f"), (0.5, "#66578f"),
         (0.75, "#35457c"), (1.1, "#1b2a55")],
    )  # fmt: skip
    shaded = smoothstep(0.30, 0.05, near + 0.35 * (fine - 0.5))
    water = mix(water, rgb("#2d3a55"), 0.75 * shaded)
    path = np.exp(-(((x - SUN[0] + 8) / (16 + 42 * near)) ** 2))
    sparkle = smoothstep(0.50, 0.60, 0.2 * ripples + 0.3 * fine + 0.5 * wavelets + 0.07 * path)
    water = mix(water, rgb("#ffe3a3"), 0.95 * path * sparkle)
    water = mix(water, rgb("#f0a5a5"), 0.22 * smoothstep(0.56, 0.70, wavelets))
    canvas.paint(water)
    return canvas


def _perspective_noise(
    x: np.ndarray, y: np.ndarray, *, seed: int, fineness: float = 1.0
) -> np.ndarray:
    """Waves of a level plane: finer and flatter towards the horizon."""
    tile = fbm((1024, 1024), cell=(64, 22), seed=seed, octaves=4)
    depth = (y - SHORE) + 14
    across = 512 + (x - 240) * 70 / (depth + 26)
    along = 14000 * fineness / (depth + 26)
    return cv2.remap(
        tile, across.astype(np.float32), along.astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )  # fmt: skip


def _village() -> Canvas:
    """Houses and poplars on a spit of land, with lit windows."""
    canvas = Canvas(10, 110, 280, 74)
    random = np.random.default_rng(51)
    shore = [(20 + 260 * k / 40, 170 - 6 * np.sin(np.pi * k / 40) - random.uniform(0, 0.8))
             for k in range(41)]  # fmt: skip
    canvas.polygon([*shore, (240, 173), (190, 176), (90, 176), (50, 173)], "#2c3a3c")
    for x, width, height, wall, roof in (
        (66, 20, 13, "#b98a70", "#8c3f3a"), (96, 16, 11, "#d8b48c", "#5d4a63"),
        (118, 24, 14, "#c79c82", "#a04a38"), (152, 15, 10, "#caa58f", "#74404a"),
        (176, 18, 12, "#b88d76", "#8d4438"),
    ):  # fmt: skip
        _house(canvas, (x, 166), width, height, wall, roof)
    _church(canvas, (140, 165))
    for x in (54, 60, 90, 114, 171, 199, 206, 214, 232):
        size = random.uniform(15, 25)
        for _ in range(70):
            up = random.uniform(0.05, 1)
            spread = 0.16 * size * np.sqrt(np.sin(np.pi * min(up * 0.92 + 0.06, 1)))
            tone = ramp(np.float32(random.beta(2, 3)), [(0, "#16262f"), (0.5, "#3f5540"),
                                                       (1, "#d0953f")])  # fmt: skip
            canvas.ellipse((x + random.normal(0, 0.5) * spread, 168 - up * size), (1.1, 1.9), tone)
    for _ in range(260):
        x = random.uniform(28, 272)
        bulge = np.sin(np.pi * (x - 20) / 260)
        y = 170 - 5 * bulge + random.uniform(-0.5, 1.0 + 4 * bulge)
        tone = ramp(np.float32(random.random()), [(0, "#1c2b30"), (0.6, "#4c5a3c"), (1, "#b88a45")])
        canvas.ellipse((x, y), (random.uniform(1, 2.6), 1.0), tone)
    canvas.roughen(0.2, cell=3, seed=52)
    return canvas


def _house(
    canvas: Canvas, foot: tuple[float, float], width: float, height: float, wall: str, roof: str
) -> None:
    x, y = foot
    top = y - height
    canvas.rectangle(x, top, x + width, y, wall)
    canvas.rectangle(x, top, x + width * 0.3, y, rgb(wall) * 0.62)
    gable = (x + width * 0.82, top - 8), (x + width * 0.16, top - 8)
    canvas.polygon([(x - 1.5, top), (x + width + 1.5, top), *gable], roof)
    for row in range(3):
        level = top - 1.5 - 2.3 * row
        canvas.line([(x + row * 1.2, level), (x + width - row * 1.2, level)], rgb(roof) * 1.25, 0.5)
    for k in range(3):
        left = x + width * (0.36 + 0.2 * k)
        canvas.rectangle(left, y - 7.5, left + 2, y - 3.5, "#ffe08a")
    canvas.rectangle(x + width * 0.7, top - 11, x + width * 0.8, top - 6, "#6a3f3c")


def _church(canvas: Canvas, foot: tuple[float, float]) -> None:
    x, y = foot
    canvas.rectangle(x - 4, y - 26, x + 5, y, "#d9b08c")
    canvas.rectangle(x - 4, y - 26, x - 1, y, "#8a6a68")
    canvas.polygon([(x - 5, y - 26), (x + 6, y - 26), (x + 0.5, y - 46)], "#5b4a70")
    canvas.polygon([(x + 0.5, y - 46), (x + 6, y - 26), (x + 2, y - 26)], "#a3718a")
    canvas.ellipse((x + 1.4, y - 21), (1.5, 2.4), "#ffdf8f")


def _balloon() -> list[Layer]:
    canvas = Canvas(-34, -40, 68, 98)
    _envelope(canvas, radius=29)
    for side in (-4.6, -1.6, 1.6, 4.6):
        canvas.line([(side * 1.25, 36), (side, 47)], "#4c3a35", 0.5)
    canvas.polygon([(-5.4, 46), (5.4, 46), (4.4, 55), (-4.4, 55)], "#8a5530")
    for row in (48, 50.5, 53):
        canvas.line([(-5, row), (5, row)], "#c48a4e", 0.6)
    canvas.ellipse((-1.6, 44.6), (1.5, 1.8), "#2d2a3c")
    canvas.ellipse((2.0, 44.9), (1.4, 1.7), "#73313a")

    def placement(time: float) -> np.ndarray:
        sway = rotation(2.2 * np.sin(0.09 * time))
        drift = translation(262 + 0.30 * time, 70 - 0.36 * time)
        return camera(0.3)(time) @ drift @ sway @ scaling(0.98)

    return [Layer(canvas, placement)]


def _envelope(canvas: Canvas, *, radius: float) -> None:
    """Half a ball above a cone, of ten gores with zigzag bands."""
    x, y = canvas.grid()
    cone = 1 - np.clip(y, 0, 40) / 47
    half = np.where(y < 0, np.sqrt(np.clip(radius**2 - y**2, 1, None)), radius * cone)
    outline = np.where(y < 0, np.hypot(x, y), np.abs(x) / cone) / radius
    around = np.arcsin(np.clip(x / half, -1, 1)) / np.pi * 10
    zigzag = np.abs(around % 1 - 0.5) * 12
    band = np.floor((y + zigzag + 40) / 9).astype(int)
    palette = np.stack([rgb(c) for c in ("#c8323a", "#f4c04e", "#f8ead0", "#2f6f8f", "#e5743b")])
    colours = palette[(band + (np.floor(around).astype(int) % 2) * 2) % 5]
    seam = np.abs(around % 1 - 0.5) > 0.45
    colours = np.where(seam[..., None], colours * 0.72, colours)
    side = smoothstep(-1, 1, (x * 0.8 - y * 0.25) / radius)
    light = (0.58 + 0.62 * side) * (0.9 + 0.2 * canvas.noise(cell=(4, 9), seed=61))
    light = light * (1 - 0.3 * np.minimum(outline, 1) ** 4)
    inside = coverage((1 - outline) * radius * np.where(y < 0, 1, cone)) * (y < 37)
    canvas.paint(np.clip(colours * light[..., None], 0, 1).astype(np.float32), inside)


def _boat() -> list[Layer]:
    boat, mirror = Canvas(-30, -62, 64, 72), Canvas(-30, 0, 64, 60)
    _draw_boat(boat)
    flipped = boat.pixels[: 62 * TEXELS][::-1]
    rows = np.arange(mirror.shape[0])
    source = np.clip((rows * 1.15).astype(int), 0, len(flipped) - 1)
    mirror.pixels = flipped[source].copy()
    tone = mirror.pixels[..., :3] * 0.62 + rgb("#35457c") * 255 * 0.3 * (
        mirror.pixels[..., 3:] / 255
    )
    depth = rows[:, None] / len(rows)
    broken = mirror.noise(cell=(22, 2.2), seed=71, octaves=2) > 0.26 + 0.34 * depth
    mirror.pixels[..., :3] = np.minimum(tone, mirror.pixels[..., 3:]).astype(np.uint8)
    mirror.pixels = mirror.pixels * broken[..., None].astype(np.uint8)

    def sailing(time: float) -> np.ndarray:
        return camera(0.75)(time) @ translation(390 - 0.55 * time, 199)

    def placement(time: float) -> np.ndarray:
        return sailing(time) @ rotation(1.8 * np.sin(0.16 * time))

    return [Layer(mirror, sailing), Layer(boat, placement)]


def _draw_boat(boat: Canvas) -> None:
    steps = np.linspace(0, 1, 14)
    main = [(1.5, -58), *[(1.5 + 22 * np.sin(s * 1.5) * (s**0.8), -58 + 50 * s) for s in steps],
            (1.5, -6)]  # fmt: skip
    boat.polygon(main, "#f6e3c0")
    boat.polygon([(-1, -53), *[(-1 - 19 * s - 3 * np.sin(np.pi * s), -53 + 45 * s) for s in steps],
                  (-1, -9)], "#e0795a")  # fmt: skip
    x, y = boat.grid()
    fold = 0.5 + 0.5 * np.sin(y * 0.62 + x * 0.18)
    weave = boat.noise(cell=(5, 3), seed=72)
    light = 0.80 + 0.16 * fold + 0.22 * (weave - 0.5) + 0.010 * x
    boat.repaint(boat.pixels[..., :3] / 255 * light[..., None])
    for level in (-46, -34, -22, -12):
        boat.line([(1.5, level), (1.5 + 20 * (level + 58) / 50, level + 3)], "#b98f6a", 0.5)
    boat.line([(0.4, -60), (0.4, -3)], "#4d3226", 1.2)
    boat.line([(0.5, -6), (24, -6.5)], "#5e3d2a", 1.0)
    hull = [
        (-24, -5),
        (-20, 0.5),
        (-13, 3.5),
        (12, 3.5),
        (22, 0),
        (27, -6),
        (10, -3.5),
        (-10, -3.2),
    ]
    boat.polygon(hull, "#6b2f2d")
    boat.polygon([(-24, -5), (-10, -3.2), (10, -3.5), (27, -6), (26, -4.4), (10, -1.9),
                  (-10, -1.6), (-23, -3.4)], "#f0c98f")  # fmt: skip
    boat.line([(-20, 0.6), (22, 0.2)], "#9c4a3a", 0.6)
    boat.ellipse((-7, -7.5), (1.9, 3.2), "#2f4664")
    boat.ellipse((-7, -11.8), (1.5, 1.6), "#e0a885")


def _birds() -> Iterator[Layer]:
    for number, (x, y, size, phase) in enumerate(
        ((128, 62, 1.0, 0.0), (150, 52, 0.85, 1.2), (146, 74, 0.75, 2.4), (174, 66, 0.7, 3.9))
    ):
        for side in (-1, 1):
            yield Layer(_wing(side, seed=81 + number), _flapping(x, y, size, phase))


def _wing(side: int, *, seed: int) -> Canvas:
    canvas = Canvas(-15, -6, 30, 12)
    wing = np.array([(0, -0.4), (4, -3.6), (8, -3.2), (14, 0.6), (8.5, -0.6), (4, 0.2), (0, 2.0)])
    canvas.polygon(wing * (side, 1), "#2a2540")
    if side > 0:
        canvas.ellipse((0, 0.6), (1.5, 2.4), "#3a2f4a")
    canvas.roughen(0.3, cell=3, seed=seed)
    return canvas


def _flapping(x: float, y: float, size: float, phase: float) -> Callable[[float], np.ndarray]:
    def placement(time: float) -> np.ndarray:
        flap = scaling(size, size * (0.85 + 0.75 * np.sin(0.45 * time + phase)))
        return camera(0.2)(time) @ translation(x + 1.35 * time, y - 0.25 * time) @ flap

    return placement


def _bank() -> Canvas:
    """Grass and flowers on the near shore."""
    canvas = Canvas(-10, 200, 680, 110)
    random = np.random.default_rng(91)
    _, y = canvas.grid()
    skyline = _profile(canvas, top=252, height=9, cell=120, seed=92)
    soil = ramp(canvas.noise(cell=(14, 6), seed=93), [(0.2, "#171f24"), (0.8, "#3d4326")])
    canvas.paint(soil, coverage(y - skyline))
    greens = [(0, "#121d22"), (0.35, "#2c4230"), (0.65, "#6d7436"), (0.85, "#c2a244"),
              (1, "#ffd27a")]  # fmt: skip
    for deep in np.sort(random.uniform(0, 1, 5200)):
        x = random.uniform(-10, 670)
        foot = skyline[canvas.column(x)] + 2 + deep * 34
        height, lean = random.uniform(5, 12) * (0.7 + 0.9 * deep), random.normal(2.0, 2.6)
        steps = np.linspace(0, 1, 5)
        blade = np.stack([x + lean * steps**2, foot - height * steps], axis=-1)
        tone = ramp(np.float32(np.clip(random.beta(2, 3) + 0.25 * (1 - deep), 0, 1)), greens)
        canvas.line(blade, tone, random.choice((0.5, 1.0)))
        if random.random() < 0.05:
            _flower(canvas, random, (float(blade[-1, 0]), float(blade[-1, 1])))
    return canvas


def _flower(canvas: Canvas, random: np.random.Generator, at: tuple[float, float]) -> None:
    tone = rgb(str(random.choice(["#f4e7d0", "#e8594f", "#f2b63d", "#b77bd0", "#f29ab0"])))
    size = random.uniform(0.9, 1.7)
    for angle in np.arange(5) * 2 * np.pi / 5:
        canvas.ellipse((at[0] + size * np.cos(angle), at[1] + size * np.sin(angle)), (size, size),
                       tone * random.uniform(0.75, 1.0))  # fmt: skip
    canvas.ellipse(at, (size * 0.7, size * 0.7), "#7a4a1e")


def _tree() -> Canvas:
    """A trunk with autumn leaves that passes before everything else."""
    canvas = Canvas(10, -40, 320, 360)
    random = np.random.default_rng(101)
    levels = np.linspace(0, 1, 24)
    middle = 150 + 9 * np.sin(levels * 3.1) + 5 * np.sin(levels * 9)
    half = 9 + 9 * levels**6 + 3.5 * (1 - levels) ** 3
    rows = -40 + 350 * levels
    left, right = (np.stack([middle + side * half, rows], axis=-1) for side in (-1, 1))
    canvas.polygon(np.concatenate([left, right[::-1]]), "#4a3328")
    for points, width in _branches():
        canvas.line(points, "#4a3328", width)
    x, y = canvas.grid()
    bark = canvas.noise(cell=(4.5, 26), seed=102, octaves=5)
    lit = 0.62 * relief(bark, light=(-1.0, 0.15), reach=1.0) + 0.38 * smoothstep(
        -14, 14, x - np.interp(y, rows, middle)
    )
    canvas.repaint(
        ramp(lit, [(0.1, "#171318"), (0.4, "#46302c"), (0.62, "#8a5a3c"), (0.9, "#e09a5c")])
    )
    _leaves(canvas, random)
    return canvas


def _branches() -> list[tuple[list[tuple[float, float]], float]]:
    return [
        ([(150, 52), (172, 36), (205, 28), (246, 30), (280, 22)], 6.0),
        ([(205, 28), (232, 12), (262, -6)], 3.5),
        ([(150, 84), (128, 58), (98, 44), (62, 40)], 6.0),
        ([(98, 44), (78, 22), (56, 6)], 3.0),
        ([(152, 20), (176, 0), (210, -18)], 4.0),
        ([(148, 16), (120, -2), (90, -16)], 4.0),
        ([(246, 30), (262, 42), (276, 52)], 2.0),
        ([(172, 36), (190, 50), (204, 60)], 2.0),
        ([(98, 44), (84, 60), (74, 72)], 2.0),
    ]


def _leaves(canvas: Canvas, random: np.random.Generator) -> None:
    tones = [(0, "#3a1d1f"), (0.25, "#7c2f24"), (0.5, "#c2562a"), (0.75, "#eb9a35"), (1, "#ffdc7d")]
    twigs = np.concatenate([
        np.stack([np.interp(np.linspace(0, len(points) - 1, 14), range(len(points)), axis)
                  for axis in zip(*points, strict=True)], axis=-1)[4:]
        for points, _ in _branches()
    ])  # fmt: skip
    for _ in range(2600):
        x, y = twigs[random.integers(len(twigs))] + random.normal(0, (10, 7.5), 2)
        size = random.uniform(1.8, 3.6)
        light = np.clip(random.beta(2.2, 2.2) + 0.004 * (x - 160) - 0.003 * (y - 20), 0, 1)
        canvas.ellipse((x, y), (size, size * 0.55), ramp(np.float32(light), tones),
                       angle=random.uniform(0, 180))  # fmt: skip
