/**
 * A process that a test kills. It runs loads at the same time, and holds each for ever just before one of its steps. When all
 * are held it prints `held`. Its argument is the loads as JSON: `[{ url, request, step, occurrence }]`.
 */
import { databaseOf, load } from "../../../dist/index.js";

const loads = JSON.parse(process.argv[2]);
process.setMaxListeners(loads.length + 10);
// Pending promises alone do not keep a process alive.
setInterval(() => {}, 60_000);

let waiting = loads.length;
for (const { url, request, step, occurrence } of loads) {
  let left = occurrence;
  const onStep = (name) => {
    if (left > 0 && name === step) left -= 1;
    if (left > 0) return;
    if (name === step) waiting -= 1;
    if (waiting === 0) console.log("held");
    return new Promise(() => {});
  };
  load(databaseOf(url), { ...request, onStep }).then(
    () => console.log(`the load ended before ${step}`),
    (error) => console.log(`the load failed before ${step}: ${error.stack}`),
  );
}
