// Zoom and pan of an SVG: its viewBox is the view. Wheel, two fingers, drag; the keys are the page's.

export function viewOf(svg, { moved }) {
  const whole = { x: 0, y: 0, width: +svg.dataset.width, height: +svg.dataset.height };
  const fingers = new Map();
  let view = { ...whole };

  function show(next) {
    const width = Math.min(Math.max(next.width, whole.width / 60), whole.width);
    const height = (width / whole.width) * whole.height;
    const within = (place, size, all) => Math.min(Math.max(place, 0), all - size);
    view = { x: within(next.x, width, whole.width), y: within(next.y, height, whole.height), width, height };
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    moved(unit());
  }

  // px of the field in one px of the screen
  const unit = () => 1 / (svg.getScreenCTM()?.a || 1);

  function at(event) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return { x: Math.min(Math.max(place.x, 0), whole.width), y: Math.min(Math.max(place.y, 0), whole.height) };
  }

  // about: a place of the field that stays where it is
  function zoom(factor, about = { x: view.x + view.width / 2, y: view.y + view.height / 2 }) {
    const width = Math.min(Math.max(view.width / factor, whole.width / 60), whole.width);
    const kept = width / view.width;
    show({ x: about.x - (about.x - view.x) * kept, y: about.y - (about.y - view.y) * kept, width });
  }

  const pan = (x, y) => show({ ...view, x: view.x + x * view.width, y: view.y + y * view.height });

  // so that a box can be seen, with room around it
  function reveal({ x, y, width, height }) {
    const inside = x >= view.x && y >= view.y && x + width <= view.x + view.width && y + height <= view.y + view.height;
    if (!inside) show({ ...view, x: x + width / 2 - view.width / 2, y: y + height / 2 - view.height / 2 });
  }

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), at(event));
  }, { passive: false });

  // what a pointer does, unless the page takes it for drawing
  function down(event) {
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  function move(event) {
    const before = fingers.get(event.pointerId);
    if (!before) return false;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    if (other) {
      const apart = (one) => Math.hypot(one.x - other.x, one.y - other.y) || 1;
      zoom(apart(now) / apart(before), at({ clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 }));
    } else show({ ...view, x: view.x - (now.x - before.x) * unit(), y: view.y - (now.y - before.y) * unit() });
    return true;
  }

  const up = (event) => fingers.delete(event.pointerId);
  new ResizeObserver(() => moved(unit())).observe(svg);
  return { zoom, pan, reveal, at, down, move, up, unit, whole: () => show(whole), shown: () => view, size: whole };
}
