"use strict";
// One video holds the source above the result in every frame: one decoder and one clock, so that
// the two cannot drift apart. A canvas shows both halves with a wipe between them.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const video = at("video"), canvas = at("wipe"), pen = canvas.getContext("2d");
const [width, height] = data.size;
const listeners = [];
let share = 0.5;

const clock = (seconds) => {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")}`;
};

// Place in data.shown of the last frame that begins by `seconds`.
const placeAt = (seconds) => {
  let low = 0, high = data.shown.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (data.shown[middle][1] <= seconds + 1e-4) low = middle; else high = middle - 1;
  }
  return low;
};

const shotAt = (seconds) => data.shots.find((shot) => seconds < shot[3] - 1e-4) || data.shots.at(-1);

function draw() {
  const edge = Math.round(share * width);
  if (video.readyState >= 2) {
    pen.drawImage(video, 0, height, width, height, 0, 0, width, height);
    if (edge > 0) pen.drawImage(video, 0, 0, edge, height, 0, 0, edge, height);
  }
  pen.fillStyle = "#fff";
  pen.fillRect(edge - 1, 0, 2, height);
  pen.beginPath();
  pen.arc(edge, height / 2, 7, 0, 2 * Math.PI);
  pen.fill();
}

function show() {
  draw();
  const place = placeAt(video.currentTime);
  const number = data.shown[place][0];
  at("seek").value = video.currentTime;
  at("seek").setAttribute("aria-valuetext", `frame ${number}, ${clock(video.currentTime)}`);
  at("where").textContent = `frame ${number}, ${clock(data.shown[place][1])}, shot ${
    data.shots.indexOf(shotAt(video.currentTime)) + 1}`;
  const x = 1000 * (number - data.first + 0.5) / data.frames;
  at("needle").setAttribute("d", `M${x} 0v46`);
  listeners.forEach((listener) => listener(video.currentTime));
}

// The middle of a frame, since its very beginning may round to the frame before.
function goToPlace(place) {
  const last = data.shown.length - 1, here = Math.min(Math.max(place, 0), last);
  const end = here < last ? data.shown[here + 1][1] : data.seconds;
  video.currentTime = (data.shown[here][1] + end) / 2;
}

const goTo = (seconds) => goToPlace(placeAt(seconds));

function setShare(value) {
  share = Math.min(Math.max(value, 0), 1);
  const percent = Math.round(100 * share);
  canvas.setAttribute("aria-valuenow", percent);
  canvas.setAttribute("aria-valuetext", `${percent} % source`);
  draw();
}

const toggle = () => (video.paused ? video.play() : video.pause());
const step = (by) => { video.pause(); goToPlace(placeAt(video.currentTime) + by); };

function keepLooping() {
  if (!at("loop").checked || video.paused) return;
  const shot = at("loop").shot;
  if (video.currentTime >= shot[3] - 1e-3) goTo(shot[2]);
}

function onFrame() {
  show();
  keepLooping();
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(onFrame);
}

function listen() {
  const toWipe = (event) => {
    const box = canvas.getBoundingClientRect();
    setShare((event.clientX - box.left) / box.width);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    toWipe(event);
  });
  canvas.addEventListener("pointermove", (event) => { if (event.buttons) toWipe(event); });
  canvas.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 0.1 : 0.02;
    const moves = {
      ArrowLeft: share - by, ArrowDown: share - by, ArrowRight: share + by, ArrowUp: share + by,
      PageDown: share - 0.1, PageUp: share + 0.1, Home: 0, End: 1,
    };
    if (event.key in moves) { setShare(moves[event.key]); event.preventDefault(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const isControl = event.target.closest("button, input, a");
    if (event.key === " " && !isControl) { toggle(); event.preventDefault(); }
    if (event.key === ",") step(-1);
    if (event.key === ".") step(1);
  });
  at("play").addEventListener("click", toggle);
  at("back").addEventListener("click", () => step(-1));
  at("on").addEventListener("click", () => step(1));
  at("loop").addEventListener("change", () => { at("loop").shot = shotAt(video.currentTime); });
  at("seek").addEventListener("input", () => goTo(Number(at("seek").value)));
  for (const button of document.querySelectorAll(".jump")) {
    button.addEventListener("click", () => {
      goTo(Number(button.dataset.seconds));
      canvas.scrollIntoView({ block: "nearest" });
    });
  }
  at("line").addEventListener("click", (event) => {
    const box = at("line").getBoundingClientRect();
    const number = data.first + data.frames * (event.clientX - box.left) / box.width;
    goToPlace(Math.round((number - data.first - 0.5) / data.step));
  });
  for (const name of ["play", "pause"]) {
    video.addEventListener(name, () => { at("play").textContent = video.paused ? "Play" : "Pause"; });
  }
  for (const name of ["seeked", "loadeddata", "timeupdate"]) video.addEventListener(name, show);
  video.addEventListener("ended", () => { if (at("loop").checked) { goTo(at("loop").shot[2]); video.play(); } });
}

function begin() {
  const bytes = Uint8Array.from(atob(at("proxy").textContent), (letter) => letter.charCodeAt(0));
  canvas.width = width;
  canvas.height = height;
  at("stage").style.setProperty("--aspect", width / height);
  at("seek").max = data.seconds;
  video.addEventListener("error", () => { at("player").hidden = true; at("no-video").hidden = false; });
  listen();
  video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(onFrame);
  at("player").hidden = false;
  at("no-video").hidden = true;
}

begin();
