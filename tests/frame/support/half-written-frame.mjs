/**
 * A process that a test ends in the middle of a frame. It writes one block of each frame to the path in its first argument, prints `half`,
 * and then waits, or calls `process.exit` if its second argument is `exit`.
 */
import { withEngine } from "../../../dist/duckdb/engine.js";
import { openOutput } from "../../../dist/frame/output/index.js";

const [out, end] = process.argv.slice(2);
// Promises alone do not keep a process alive.
setInterval(() => {}, 60_000);

const columns = [
  { name: "unique_id", type: "VARCHAR" },
  { name: "ds", type: "TIMESTAMP" },
];
await withEngine(undefined, async (engine) => {
  const output = await openOutput(engine, { out, training: columns, future: columns });
  const rows =
    "SELECT 'S/1' AS unique_id, (DATE '2024-01-01' + range::INTEGER)::TIMESTAMP AS ds FROM range(5000) ORDER BY ds";
  for (const frame of ["training", "future"]) await output.append(frame, rows);
  console.log("half");
  if (end === "exit") process.exit(7);
  await new Promise(() => {});
});
