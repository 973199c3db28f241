import fc from "fast-check";
import { describe, test } from "vitest";
import { Frames } from "../support/frame-agreement.ts";
import { frameCases } from "../support/frame-requests.ts";
import { freshDatabase } from "../support/warehouse.ts";
describe("probe", async () => {
  const frames = new Frames(await freshDatabase());
  test("all", async () => {
    let to = 0, ta = 0; const seen = new Map<string, [number, string, string]>();
    const cases = fc.sample(frameCases, { numRuns: Number(process.env.N ?? 60), seed: Number(process.env.SEED ?? 1) });
    for (const given of cases) {
      let g = given;
      if (process.env.LAGS && g.spec !== undefined) {
        const s = JSON.parse(g.spec);
        if (s.mode === "direct" || s.mode === "recursive") s.lags ??= [g.horizon];
        if (s.lags.length === 0) s.lags = [g.horizon];
        g = { ...g, spec: JSON.stringify(s) };
      }
      try { const t0 = performance.now(); await frames.expected(g); to += performance.now() - t0; await frames.agree(g); ta += performance.now() - t0; } catch (e: any) {
        const m = e.message.split("\n")[0].replace(/\[.*/s, "").slice(0, 150) + (/row \d|: the frame/.exec(JSON.stringify(e.actual ?? ""))?.[0] ?? "");
        const detail = e.actual ? JSON.stringify(e.actual).slice(0, 1500) + (e.message.includes("columns") ? "\nEXP" + JSON.stringify(e.expected) : "") : e.stack.slice(0, 1500);
        const col = e.actual && Array.isArray(e.actual) ? [...new Set(e.actual.map((x: string) => /\S+ (\w+): the frame/.exec(x)?.[1] ?? x))].join(",").slice(0, 200) : "";
        const k = m + " " + (e.message.includes("columns") ? "" : col);
        const old = seen.get(k);
        seen.set(k, [(old?.[0] ?? 0) + 1, old?.[1] ?? detail, old?.[2] ?? JSON.stringify({ cutoff: g.cutoff, horizon: g.horizon, knownAt: g.knownAt, spec: g.spec })]);
      }
    }
    for (const [k, [n, d, s]] of seen) console.log(n, k, "\n", s, "\n", d);
    console.log("kinds", seen.size, { to, ta });
  }, 600_000);
});
