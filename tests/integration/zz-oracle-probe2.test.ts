import { test, vi } from "vitest";
import fc from "fast-check";
vi.mock("../../src/frame/index.ts", () => ({ frame: async () => { throw new Error("not yet"); } }));
import { withClient } from "../../src/database/connection.ts";
import { parseSpec, resolveSpec } from "../../src/frame/spec/index.ts";
import { oracleFrame } from "../support/frame-oracle.ts";
import { frameCases } from "../support/frame-requests.ts";
import { fillWarehouse } from "../support/frame-warehouse.ts";
import { freshDatabase } from "../support/warehouse.ts";
const database = await freshDatabase();
test("x", async () => {
  const cases = fc.sample(frameCases, { numRuns: 40, seed: 3 });
  const by: Record<string, number> = {};
  let cells = 0, nulls = 0, rows = 0;
  for (const { warehouse, cutoff, horizon, spec, knownAt } of cases) {
    await withClient(database, async (client) => {
      const q = client.query.bind(client);
      (client as any).query = async (sql: any, v: any) => { const t = performance.now(); const r = await q(sql, v); const k = String(sql).trim().replace(/\s+/g," ").slice(0, 60); by[k] = (by[k] ?? 0) + performance.now() - t; return r; };
      await fillWarehouse(client, warehouse);
      const resolved = resolveSpec(spec === undefined ? undefined : parseSpec(spec, "t"), horizon);
      const f = await oracleFrame(client, { cutoff, horizon, spec: resolved, knownAt });
      rows += f.training.rows.length + f.future.rows.length;
      for (const r of [...f.training.rows, ...f.future.rows]) for (const [k, c] of Object.entries(r)) if (/_lag_/.test(k)) { cells++; if (c === null) nulls++; }
    });
  }
  console.log({ cells, nulls, rows });
  console.log(Object.entries(by).sort((a, b) => b[1] - a[1]).slice(0, 14).map(([k, v]) => v.toFixed(0) + " " + k).join("\n"));
}, 100000);
