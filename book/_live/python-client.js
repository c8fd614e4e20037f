// The page's one Python: started by the first request, asked one thing at a time, ended by Stop or when time is up.

import { watched } from "./service.js";

const HERE = new URL("./", import.meta.url);

export const limits = { seconds: 60 };

export class Stopped extends Error {}

class Python {
  constructor() {
    this.queue = Promise.resolve();
    this.number = 0; // how many interpreters there have been: what the one before knew is gone
  }

  /** Ask one thing. `tell` hears of it: loading (bytes), running, checking (number, of, seconds),
   *  printed (text). `stop` ends it, whether it waits or runs. */
  ask(request, tell, stop) {
    if (stop.aborted) return Promise.reject(stop.reason);
    const turn = this.queue.then(() => this.#now(request, tell, stop));
    this.queue = turn.catch(() => {});
    const stopped = new Promise((_, reject) => stop.addEventListener("abort", () => reject(stop.reason)));
    return Promise.race([turn, stopped]);
  }

  async #now(request, tell, stop) {
    stop.throwIfAborted();
    await Promise.race([watched(), new Promise((resolve) => stop.addEventListener("abort", resolve))]);
    stop.throwIfAborted();
    if (!this.worker) {
      this.worker = new Worker(new URL("worker.js", HERE), { type: "module" });
      this.number += 1;
    }
    return this.#answer(this.worker, request, tell, stop);
  }

  #answer(worker, request, tell, stop) {
    return new Promise((resolve, reject) => {
      let timer;
      const finish = (settle) => {
        clearTimeout(timer);
        stop.removeEventListener("abort", stopped);
        settle();
      };
      const end = (error) => {
        worker.terminate();
        this.worker = null;
        finish(() => reject(error));
      };
      const stopped = () => end(stop.reason);
      stop.addEventListener("abort", stopped);
      worker.onerror = (event) => end(new Error(event.message || "its files could not be loaded"));
      worker.onmessage = ({ data }) => {
        if (data.kind === "done") finish(() => resolve(data.answer));
        else if (data.kind === "failed") end(new Error(data.reason));
        else {
          if (data.kind === "running") {
            const seconds = limits.seconds + data.seconds;
            const over = `Stopped: it ran for more than ${seconds} seconds. Is there a loop that does not end?`;
            timer = setTimeout(() => end(new Stopped(over)), seconds * 1000);
          }
          tell(data);
        }
      };
      worker.postMessage({ ...request, here: HERE.href });
    });
  }
}

export const python = new Python();
