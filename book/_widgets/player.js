// <convolution-player>: steps the still picture that the page holds (book/_extensions/player.py) through every output.
// Left and right arrow, Home and End step, the space bar plays and pauses; an output that is touched is shown.

const PACE = 1600; // milliseconds between two steps while playing

const signed = (number) => String(number).replace("-", "\u2212");
const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
const cells = (table) => [...table.rows].map((row) => [...row.cells]);

function button(text, name, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", act);
  return made;
}

class ConvolutionPlayer extends HTMLElement {
  connectedCallback() {
    if (this.slider) return;
    Object.assign(this, JSON.parse(this.querySelector("script").textContent));
    this.channels = [...this.querySelectorAll(".channel")].map((channel) => ({
      input: cells(channel.querySelector(".input")),
      kernel: cells(channel.querySelector(".kernel")),
      caption: channel.querySelector(".kernel caption"),
      products: cells(channel.querySelector(".products")),
      sum: channel.querySelector(".sum b"),
    }));
    this.outputs = [...this.querySelectorAll(".output")].map(cells);
    this.said = this.querySelector(".said");
    this.said.setAttribute("aria-live", "polite");
    this.wide = this.outputs[0][0].length;
    this.each = this.wide * this.outputs[0].length; // outputs of one filter
    this.steps = this.each * this.outputs.length;
    this.makeControls();
    this.makeOutputsTouchable();
    this.addEventListener("keydown", (event) => this.key(event));
    this.show(0);
  }

  disconnectedCallback() {
    this.pause();
  }

  makeControls() {
    const bar = document.createElement("div");
    bar.className = "controls";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Steps of the convolution");
    this.back = button("\u25c0\ufe0e", "one step back", () => this.go(this.step - 1));
    this.player = button("", "", () => (this.timer ? this.pause() : this.play()));
    this.forth = button("\u25b6\ufe0e", "one step forward", () => this.go(this.step + 1));
    this.slider = document.createElement("input");
    Object.assign(this.slider, { type: "range", min: 1, max: this.steps, step: 1, value: 1 });
    this.slider.setAttribute("aria-label", "step");
    this.slider.addEventListener("input", () => this.go(this.slider.value - 1));
    this.count = document.createElement("span");
    this.count.className = "count";
    bar.append(this.back, this.player, this.forth, this.slider, this.count);
    this.querySelector(".stage").before(bar);
    // Who asks for less motion steps by hand: nothing then moves by itself.
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    const obey = () => {
      this.still = still.matches;
      if (this.still) this.pause();
      this.player.hidden = this.still;
    };
    still.addEventListener("change", obey);
    this.pause();
    obey();
  }

  makeOutputsTouchable() {
    this.outputs.forEach((rows, f) =>
      rows.forEach((row, i) =>
        row.forEach((cell, j) => {
          const made = button("", "", () => this.go(f * this.each + i * this.wide + j));
          made.tabIndex = -1; // the slider and the arrow keys lead a keyboard to every output
          cell.replaceChildren(made);
          row[j] = made;
        }),
      ),
    );
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const inSlider = event.target === this.slider;
    const places = { ArrowLeft: this.step - 1, ArrowRight: this.step + 1, Home: 0, End: this.steps - 1 };
    if (event.key in places && !inSlider) this.go(places[event.key]);
    else if (event.key === " " && inSlider && !this.still) this.timer ? this.pause() : this.play();
    else return;
    event.preventDefault();
  }

  play() {
    if (this.step === this.steps - 1) this.show(0);
    this.said.setAttribute("aria-live", "off"); // a reader aloud could not keep pace
    this.timer = setInterval(() => {
      this.show(this.step + 1);
      if (this.step === this.steps - 1) this.pause();
    }, PACE);
    this.label();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.said.setAttribute("aria-live", "polite");
    this.label();
  }

  label() {
    this.player.textContent = this.timer ? "\u275a\u275a pause" : "\u25b6\ufe0e play";
    this.player.setAttribute("aria-label", this.timer ? "pause" : "play");
  }

  go(step) {
    this.pause();
    this.show(Math.max(0, Math.min(this.steps - 1, step)));
  }

  show(step) {
    this.step = step;
    const { sums, f, i, j } = this.at(step);
    this.channels.forEach((channel, c) => {
      const size = channel.kernel.length;
      const top = i * this.stride;
      const left = j * this.stride;
      channel.input.forEach((row, h) =>
        row.forEach((cell, w) =>
          cell.classList.toggle("window", h >= top && h < top + size && w >= left && w < left + size),
        ),
      );
      channel.caption.textContent = `filter ${f}, kernel ${c}`;
      channel.kernel.forEach((row, u) =>
        row.forEach((cell, v) => {
          const weight = this.weight[f][c][u][v];
          cell.textContent = signed(weight);
          channel.products[u][v].textContent = signed(this.padded[c][top + u][left + v] * weight + 0);
        }),
      );
      channel.sum.textContent = signed(sums[c]);
    });
    this.outputs.forEach((rows, g) =>
      rows.flat().forEach((made, place) => {
        const number = g * this.each + place;
        const known = number <= step;
        made.textContent = known ? signed(this.out(number)) : "";
        made.parentElement.classList.toggle("window", number === step);
        const row = Math.floor(place / this.wide);
        made.setAttribute(
          "aria-label",
          `${known ? `${signed(this.out(number))}, ` : ""}show row ${row}, column ${place % this.wide}`,
        );
      }),
    );
    const parts = `${sums.slice(0, -1).map(signed).join(", ")} and ${signed(sums.at(-1))}`;
    this.said.textContent =
      `Filter ${f}, output row ${i}, column ${j}: the channels add up to ${parts}, together ${signed(total(sums))}. ` +
      `With the bias ${signed(this.bias[f])} the output is ${signed(this.out(step))}.`;
    this.slider.value = step + 1;
    this.slider.setAttribute("aria-valuetext", `${step + 1} of ${this.steps}`);
    this.count.textContent = `${step + 1} of ${this.steps}`;
    // Not `disabled`: a button that is would drop the focus, and with it the arrow keys.
    this.back.setAttribute("aria-disabled", step === 0);
    this.forth.setAttribute("aria-disabled", step === this.steps - 1);
  }

  at(step) {
    const f = Math.floor(step / this.each);
    const i = Math.floor((step % this.each) / this.wide);
    const j = step % this.wide;
    const sums = this.padded.map((plane, c) =>
      total(
        this.weight[f][c].flatMap((row, u) =>
          row.map((weight, v) => weight * plane[i * this.stride + u][j * this.stride + v]),
        ),
      ),
    );
    return { sums, f, i, j };
  }

  out(step) {
    const { sums, f } = this.at(step);
    return total(sums) + this.bias[f];
  }
}

customElements.define("convolution-player", ConvolutionPlayer);
