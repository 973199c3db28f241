import { expect, test } from "vitest";
import { type Engine, withEngine } from "../../src/duckdb/engine.ts";
import { withMemoryLimit } from "../../src/duckdb/memory-watch.ts";

/** Makes texts of 10 MB per chunk of rows and keeps all of them in the state of an aggregate: some GB. */
const growing = "SELECT length(string_agg(repeat('x', 5000) || i)) FROM range(400000) AS rows(i)";
const exceeded = (cause: unknown) => new Error("too large", { cause });

const limited = (limit_mb: number, work: (engine: Engine) => Promise<unknown>, signal?: AbortSignal) =>
  withEngine(signal, (engine) => withMemoryLimit(engine, limit_mb, exceeded, () => work(engine)));

test("a statement that makes the process grow beyond the limit is interrupted soon", async () => {
  const before = process.memoryUsage.rss();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 10);
  const error: { message: string; cause: Error } = await limited(200, (engine) => engine.run(growing)).then(
    () => expect.fail("it was not interrupted"),
    (caught) => caught,
  );
  clearInterval(sampling);
  expect(error.message).toBe("too large");
  expect(error.cause.message).toContain("INTERRUPT");
  expect((most - before) / 1e6).toBeLessThan(700);
});

test("within the limit nothing changes, and errors stay what they are", async () => {
  expect(await limited(200, (engine) => engine.count("SELECT 1"))).toBe(1);
  await expect(limited(200, (engine) => engine.run("SELECT nothing"))).rejects.toThrow(/Binder Error/);
});

test("an abort before it is still an abort", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  const work = (engine: Engine) => {
    controller.abort(reason);
    return engine.run(growing);
  };
  // Of no memory at all, everything is too much.
  await expect(limited(-10_000, work, controller.signal)).rejects.toBe(reason);
});
