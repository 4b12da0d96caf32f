"use strict";
// The viewer of images and activations. It reads the JSON in the element with the id data; viewer.go has the fields.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = id => document.getElementById(id);

  // floats decodes float32, little-endian, in base64.
  const floats = text => {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float32Array.from({length: bytes.length / 4}, (_, i) => view.getFloat32(4 * i, true));
  };
  const images = data.images.map(image => ({
    number: image.number, title: image.title,
    stimulus: image.stimulus ? floats(image.stimulus) : null, activations: floats(image.activations),
  }));

  const inStimulus = data.stimuli.rows * data.stimuli.columns, inMap = data.maps.rows * data.maps.columns;
  const named = v => Number.isNaN(v) ? "NaN" : v === Infinity ? "∞" : v === -Infinity ? "−∞"
    : (v !== 0 && Math.abs(v) < 1e-3 ? v.toExponential(4) : String(Number(v.toPrecision(5)))).replaceAll("-", "−");

  // range returns the least and the largest finite number of parts of arrays.
  const range = parts => {
    let least = Infinity, most = -Infinity;
    for (const part of parts) for (const v of part) {
      if (Number.isFinite(v)) { least = Math.min(least, v); most = Math.max(most, v); }
    }
    return least <= most ? [least, most] : [0, 0];
  };
  const ofChannel = k => images.map(image => image.activations.subarray(k * inMap, (k + 1) * inMap));
  const limits = data.channels.map((_, k) => Math.max(...range(ofChannel(k)).map(Math.abs)));
  const limit = Math.max(...limits);
  const light = range(images.filter(image => image.stimulus).map(image => image.stimulus));

  // word returns a colour as the four bytes of a pixel: red, green, blue and 255, the first of them lowest.
  const word = (red, green, blue) => (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
  const ofText = text => word(...[1, 3, 5].map(i => parseInt(text.slice(i, i + 2), 16)));
  const ramp = data.ramp.map(ofText), notANumber = ofText(data.nan), magenta = word(255, 0, 255);

  // colourOf returns the colour of an activation, if most is at the end of the colours.
  const colourOf = (v, most) => {
    if (Number.isNaN(v)) return notANumber;
    const t = most > 0 ? (data.positive ? v / most : (v / most + 1) / 2) : data.positive ? 0 : 0.5;
    return ramp[Math.round(Math.min(1, Math.max(0, t)) * (ramp.length - 1))];
  };
  const grey = v => {
    const t = light[1] > light[0] ? Math.min(1, Math.max(0, (v - light[0]) / (light[1] - light[0]))) : 0.5;
    return Math.round(255 * (data.dark ? 1 - t : t));
  };
  // pixelOf returns the colour of pixel i of an image: its own, or a grey for the mean of its channels.
  const pixelOf = (stimulus, i) => {
    let sum = 0;
    for (let c = 0; c < data.colours; c++) sum += stimulus[c * inStimulus + i];
    if (Number.isNaN(sum)) return magenta;
    if (data.rgb) return word(grey(stimulus[i]), grey(stimulus[inStimulus + i]), grey(stimulus[2 * inStimulus + i]));
    const level = grey(sum / data.colours);
    return word(level, level, level);
  };

  // newPanel makes a canvas with a name and a value below it.
  const newPanel = (parent, plane, name, label) => {
    const make = (tag, into, className) => into.appendChild(Object.assign(document.createElement(tag), {className}));
    const panel = make("div", parent, "panel"), frame = make("div", panel, "window");
    const canvas = make("canvas", frame, ""), mark = make("div", frame, "mark");
    canvas.width = plane.columns;
    canvas.height = plane.rows;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    canvas.setAttribute("aria-describedby", "keys");
    make("p", panel, "name").textContent = name;
    return {canvas, mark, plane, value: make("p", panel, "value")};
  };
  const paint = (canvas, colour) => {
    const to = canvas.getContext("2d"), pixels = to.createImageData(canvas.width, canvas.height);
    const words = new Uint32Array(pixels.data.buffer);
    for (let i = 0; i < words.length; i++) words[i] = colour(i);
    to.putImageData(pixels, 0, 0);
  };

  const stimulus = data.colours > 0 ? newPanel(find("stimulus"), data.stimuli, "image",
    "the image; with the arrow keys you choose a pixel") : null;
  if (!stimulus) find("stimulus").textContent = "The pixels of the images are not on this page; the notes say why.";
  const maps = data.channels.map(channel => newPanel(find("maps"), data.maps, channel.number + ": " + channel.name,
    "activations of channel " + channel.number + ", " + channel.name + "; with the arrow keys you choose an output"));

  // output is the chosen output, and pixel the chosen pixel: numbers of row and column on this page.
  let shown = 0, output = [Math.floor(data.maps.rows / 2), Math.floor(data.maps.columns / 2)], pixel = [0, 0];
  const clamp = (v, n) => Math.min(n - 1, Math.max(0, v));
  const sizes = plane => [plane.rows, plane.columns];
  // The middle of what output i sees, along an axis, is pixel middle + i·stride of the whole image.
  const middles = data.fields.map(field => field.first + (field.extent - 1) / 2);
  const chooseOutput = at => {
    output = at.map((v, axis) => clamp(v, sizes(data.maps)[axis]));
    pixel = data.fields.map((field, axis) => {
      const middle = middles[axis] + output[axis] * data.maps.step * field.stride;
      return clamp(Math.round(middle / data.stimuli.step), sizes(data.stimuli)[axis]);
    });
  };
  const choosePixel = at => {
    pixel = at.map((v, axis) => clamp(v, sizes(data.stimuli)[axis]));
    output = data.fields.map((field, axis) => {
      const number = (pixel[axis] * data.stimuli.step - middles[axis]) / field.stride;
      return clamp(Math.round(number / data.maps.step), sizes(data.maps)[axis]);
    });
  };

  // put puts a frame around rows and columns of a panel, given as numbers of the page's rows and columns.
  const put = (mark, plane, from, extent) => {
    const share = (v, n) => (100 * v / n) + "%";
    Object.assign(mark.style, {top: share(from[0], plane.rows), left: share(from[1], plane.columns),
      height: share(extent[0], plane.rows), width: share(extent[1], plane.columns)});
  };
  const showPlace = () => {
    const image = images[shown];
    let text = "Output in row " + output[0] * data.maps.step + ", column " + output[1] * data.maps.step;
    if (stimulus) {
      const i = pixel[0] * data.stimuli.columns + pixel[1];
      const values = Array.from({length: data.colours}, (_, c) => named(image.stimulus[c * inStimulus + i]));
      stimulus.value.textContent = values.join(", ");
      text += "; pixel in row " + pixel[0] * data.stimuli.step + ", column " + pixel[1] * data.stimuli.step + ": " +
        values.join(", ");
      const from = [0, 1].map(axis => {
        const field = data.fields[axis];
        return (field.first + output[axis] * data.maps.step * field.stride) / data.stimuli.step;
      });
      put(stimulus.mark, data.stimuli, from, [0, 1].map(axis => data.fields[axis].extent / data.stimuli.step));
    }
    find("here").textContent = text + ".";
    const i = output[0] * data.maps.columns + output[1];
    maps.forEach((map, k) => {
      map.value.textContent = named(image.activations[k * inMap + i]);
      put(map.mark, data.maps, output, [1, 1]);
    });
  };
  const showImage = n => {
    shown = clamp(n, images.length);
    const image = images[shown], each = find("each").checked;
    find("image").value = shown;
    find("image").setAttribute("aria-valuetext", "image " + image.number);
    find("title").textContent = "image " + image.number + (image.title ? ": " + image.title : "") +
      " (" + (shown + 1) + " of " + images.length + ")";
    if (stimulus) paint(stimulus.canvas, i => pixelOf(image.stimulus, i));
    maps.forEach((map, k) => {
      const most = each ? limits[k] : limit;
      paint(map.canvas, i => colourOf(image.activations[k * inMap + i], most));
    });
    find("low").textContent = data.positive ? "0" : each ? "−largest" : named(-limit);
    find("high").textContent = each ? "largest of each channel" : named(limit);
    showPlace();
  };

  // listen makes a panel follow the mouse, fingers and keys.
  const listen = (panel, place, choose) => {
    const follow = event => {
      const box = panel.canvas.getBoundingClientRect();
      choose([Math.floor((event.clientY - box.top) / box.height * panel.plane.rows),
        Math.floor((event.clientX - box.left) / box.width * panel.plane.columns)]);
      showPlace();
    };
    panel.canvas.addEventListener("pointermove", follow);
    panel.canvas.addEventListener("pointerdown", follow);
    panel.canvas.addEventListener("keydown", event => {
      const [row, column] = place();
      const to = {ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
        ArrowRight: [row, column + 1], Home: [row, 0], End: [row, panel.plane.columns - 1]}[event.key];
      if (to) choose(to);
      else if (event.key !== "PageUp" && event.key !== "PageDown") return;
      event.preventDefault();
      if (to) showPlace();
      else showImage(shown + (event.key === "PageUp" ? -1 : 1));
    });
  };
  if (stimulus) listen(stimulus, () => pixel, choosePixel);
  maps.forEach(map => listen(map, () => output, chooseOutput));
  find("image").max = images.length - 1;
  find("image").addEventListener("input", event => showImage(Number(event.target.value)));
  // If the largest activation of some channel is below a fifth of that of all, one scale would leave it blank.
  find("each").checked = Math.min(...limits) < limit / 5;
  find("choice").hidden = maps.length < 2;
  find("each").addEventListener("change", () => showImage(shown));
  find("ramp").style.background = "linear-gradient(to right," + data.ramp.filter((_, i) => i % 15 === 0) + ")";
  find("nan").hidden = !images.some(image => image.activations.some(Number.isNaN));
  find("nan").style.borderLeftColor = data.nan;
  find("viewer").hidden = false;
  chooseOutput(output);
  showImage(0);
})();
