// On every page: how far the reader has come, in the table of contents; and a copy of what was read, for when there is no
// network. On pages with code to change, the cells (cells.js).

import { clear, exported, imported, kept, onChange } from "./store.js";
import { keepForOffline } from "./service.js";

const settings = JSON.parse(document.getElementById("live-settings").textContent);
const ROOT = new URL("../../", import.meta.url);

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function passed(exercises) {
  const { states } = kept();
  return exercises.filter((name) => states[name] === "passed").length;
}

function markContents() {
  for (const link of document.querySelectorAll(".bd-sidebar-primary nav a.reference.internal")) {
    const chapter = new URL(link.href).pathname.split("/").pop().replace(/\.html$/, "");
    const exercises = settings.chapters[chapter];
    if (!exercises) continue;
    link.querySelector(".live-count")?.remove();
    const words = `${passed(exercises)}/${exercises.length}`;
    const count = made("span", { className: "live-count", textContent: words, title: "exercises that pass" });
    count.classList.toggle("live-all", passed(exercises) === exercises.length);
    link.append(" ", count);
  }
}

function makeProgress() {
  const place = document.querySelector(".bd-sidebar-primary .sidebar-primary-items__start");
  if (!place) return;
  const all = Object.values(settings.chapters).flat();
  const summary = made("summary", {});
  const said = made("p", { className: "live-said" });
  said.setAttribute("role", "status");
  const file = made("input", { type: "file", accept: ".json,application/json", hidden: true });
  const button = (name, act) => {
    const element = made("button", { type: "button", textContent: name, className: "live-button" });
    element.addEventListener("click", act);
    return element;
  };
  const save = button("Export", () => {
    const link = made("a", {
      href: URL.createObjectURL(new Blob([exported()], { type: "application/json" })),
      download: "layers-by-hand.json",
    });
    link.click();
    URL.revokeObjectURL(link.href);
    said.textContent = "Exported: the file holds what you typed and what passed.";
  });
  const load = button("Import", () => file.click());
  file.addEventListener("change", async () => {
    const right = imported(await file.files[0].text());
    said.textContent = right ? "Imported." : "This file is not an export of this book; nothing has changed.";
    file.value = "";
  });
  const forget = button("Clear", () => {
    if (!confirm("Clear all that you typed and all progress on this device?")) return;
    clear();
    said.textContent = "Cleared.";
  });
  const words = "What you type is kept on this device alone.";
  const box = made(
    "details",
    { className: "live-progress" },
    summary,
    made("p", { textContent: words }),
    made("div", { className: "live-bar" }, save, load, forget, file),
    said,
  );
  const tell = () => {
    summary.textContent = `Your progress: ${passed(all)} of ${all.length} exercises`;
    markContents();
  };
  const region = made("section", {}, box);
  region.setAttribute("aria-label", "Your progress");
  place.append(region);
  onChange(tell);
  tell();
}

makeProgress();
if (document.querySelector("live-cell, div.cell.tag_live")) (await import("./cells.js")).makeLive(settings);
keepForOffline(ROOT);
