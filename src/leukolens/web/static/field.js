// A field: zoom by wheel, buttons or + and -, pan by dragging or the arrows. The SVG's viewBox is the view.
import "./common.js";

const svg = document.getElementById("field");
const whole = { x: 0, y: 0, width: +svg.dataset.width, height: +svg.dataset.height };
let view = { ...whole };

function show(next) {
  const width = Math.min(Math.max(next.width, whole.width / 40), whole.width);
  const height = (width / whole.width) * whole.height;
  const within = (place, size, all) => Math.min(Math.max(place, 0), all - size);
  view = { x: within(next.x, width, whole.width), y: within(next.y, height, whole.height), width, height };
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
}

function zoom(factor, x = 0.5, y = 0.5) {
  const width = view.width / factor;
  const height = view.height / factor;
  show({ x: view.x + (view.width - width) * x, y: view.y + (view.height - height) * y, width });
}

const pan = (x, y) => show({ ...view, x: view.x + x * view.width, y: view.y + y * view.height });

svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  const box = svg.getBoundingClientRect();
  zoom(event.deltaY < 0 ? 1.25 : 0.8, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
}, { passive: false });
svg.addEventListener("pointermove", (event) => {
  if (event.buttons === 1) pan(-event.movementX / svg.clientWidth, -event.movementY / svg.clientHeight);
});
svg.addEventListener("keydown", (event) => {
  const keys = { "+": () => zoom(1.5), "-": () => zoom(0.667), 0: () => show(whole), ArrowLeft: () => pan(-0.1, 0), ArrowRight: () => pan(0.1, 0), ArrowUp: () => pan(0, -0.1), ArrowDown: () => pan(0, 0.1) };
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => (+button.dataset.zoom ? zoom(+button.dataset.zoom) : show(whole)));
}
