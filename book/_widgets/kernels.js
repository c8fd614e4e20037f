// <kernel-bench>: makes the numbers of the still's kernel editable (book/_extensions/kernels.py) and shows what comes of
// them. Where the kernel sums to 0 the result may be negative, and middle grey is 0.

class KernelBench extends HTMLElement {
  connectedCallback() {
    if (this.inputs) return;
    const [photograph, result] = this.querySelectorAll("img");
    this.result = document.createElement("canvas");
    this.result.setAttribute("role", "img");
    this.sum = this.querySelector(".sum");
    this.sum.setAttribute("aria-live", "polite");
    this.makeInputs();
    this.makeChoices();
    photograph.decode().then(() => {
      this.brightness = this.read(photograph);
      this.result.width = photograph.naturalWidth - 2;
      this.result.height = photograph.naturalHeight - 2;
      result.replaceWith(this.result);
      this.show();
    });
  }

  makeInputs() {
    const cells = [...this.querySelectorAll("td")];
    this.inputs = cells.map((cell, place) => {
      const input = document.createElement("input");
      Object.assign(input, { type: "number", step: "any", value: cell.textContent.replace("\u2212", "-") });
      input.setAttribute("aria-label", `kernel, row ${Math.floor(place / 3)}, column ${place % 3}`);
      input.addEventListener("input", () => this.show());
      cell.replaceChildren(input);
      return input;
    });
  }

  makeChoices() {
    const choice = this.querySelector("template").content.querySelector("select").cloneNode(true);
    choice.setAttribute("aria-label", "choose a kernel");
    const own = new Option("your own", "");
    own.hidden = true; // it names what was typed, and cannot be chosen
    choice.append(own);
    choice.addEventListener("change", () => this.set(choice.value.split(" ")));
    const turn = document.createElement("button");
    turn.type = "button";
    turn.textContent = "turn by 180°";
    turn.addEventListener("click", () => this.set(this.inputs.map((input) => input.value).reverse()));
    this.choice = choice;
    this.querySelector(".kernel").before(choice);
    this.querySelector(".kernel").after(turn);
  }

  set(numbers) {
    this.inputs.forEach((input, place) => (input.value = numbers[place]));
    this.show();
  }

  read(photograph) {
    const { naturalWidth: width, naturalHeight: height } = photograph; // `width` is that on the screen
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.drawImage(photograph, 0, 0, width, height);
    const pixels = pen.getImageData(0, 0, width, height).data;
    return { width, grey: Float32Array.from({ length: width * height }, (_, place) => pixels[4 * place] / 255) };
  }

  show() {
    const kernel = this.inputs.map((input) => Number(input.value) || 0);
    const sum = kernel.reduce((total, tap) => total + tap, 0);
    const signed = Math.abs(sum) < 0.005;
    const { width, grey } = this.brightness;
    const pen = this.result.getContext("2d", { willReadFrequently: true });
    const picture = pen.createImageData(this.result.width, this.result.height);
    for (let row = 0; row < picture.height; row++) {
      for (let column = 0; column < picture.width; column++) {
        let score = 0;
        for (let tap = 0; tap < 9; tap++) {
          score += kernel[tap] * grey[(row + Math.floor(tap / 3)) * width + column + (tap % 3)];
        }
        const shade = 255 * (signed ? 0.5 + score / 4 : score);
        picture.data.set([shade, shade, shade, 255], 4 * (row * picture.width + column));
      }
    }
    pen.putImageData(picture, 0, 0);
    const typed = kernel.join(" ");
    this.choice.value = [...this.choice.options].some((option) => option.value === typed) ? typed : "";
    const words = String(Number(sum.toFixed(2))).replace("-", "\u2212");
    this.sum.textContent = `sum of the kernel: ${words}`;
    this.result.setAttribute("aria-label", `The pagoda after the kernel ${kernel.join(", ")}`);
  }
}

customElements.define("kernel-bench", KernelBench);
