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

  /** Ask one thing. `tell` hears of it: loading (bytes), running, printed (text). */
  ask(request, tell) {
    const turn = this.queue.then(watched).then(() => this.#now(request, tell));
    this.queue = turn.catch(() => {});
    return turn;
  }

  stop(reason = "Stopped.") {
    this.end?.(new Stopped(reason));
  }

  #now(request, tell) {
    return new Promise((resolve, reject) => {
      if (!this.worker) {
        this.worker = new Worker(new URL("worker.js", HERE), { type: "module" });
        this.number += 1;
      }
      let timer;
      const finish = (settle) => {
        clearTimeout(timer);
        this.end = null;
        settle();
      };
      this.end = (error) => {
        this.worker.terminate();
        this.worker = null;
        finish(() => reject(error));
      };
      this.worker.onerror = (event) => this.end(new Error(event.message || "its files could not be loaded"));
      this.worker.onmessage = ({ data }) => {
        if (data.kind === "done") finish(() => resolve(data.answer));
        else if (data.kind === "failed") this.end(new Error(data.reason));
        else {
          if (data.kind === "running") {
            const over = `Stopped: it ran for more than ${limits.seconds} seconds. Is there a loop that does not end?`;
            timer = setTimeout(() => this.end(new Stopped(over)), limits.seconds * 1000);
          }
          tell(data);
        }
      };
      this.worker.postMessage({ ...request, here: HERE.href });
    });
  }
}

export const python = new Python();
