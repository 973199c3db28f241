import { expect, test } from "vitest";
import { withEngine } from "../../src/duckdb/engine.ts";
import { type IdsOf, idsOf } from "../../src/ingest/publish/reserve-ids.ts";

/** The ids of some of the rows, as DuckDB computes them. */
function idsIn(ids: IdsOf | null, rows: readonly number[]): Promise<bigint[]> {
  if (ids === null) throw new Error("no ids");
  return withEngine(undefined, async (engine) => {
    const found: bigint[] = [];
    for (const row of rows) {
      const [id] = await engine.rows<{ id: string }>(
        `SELECT CAST(${ids("_seq")} AS VARCHAR) AS id FROM (SELECT ${row}::BIGINT AS _seq)`,
      );
      found.push(BigInt(id?.id ?? 0));
    }
    return found;
  });
}

const block = 65_536n;
const first = 2n ** 40n;

test("rows are numbered from the first number's block on, over the blocks of numbers in sequence", async () => {
  expect(await idsIn(idsOf([7n, 8n]), [0, 1, 65_535, 65_536, 131_071])).toEqual(
    [0n, 1n, block - 1n, block, 2n * block - 1n].map((row) => first + 7n * block + row),
  );
});

test("numbers that another session has drawn in between are left out", async () => {
  expect(await idsIn(idsOf([12n, 7n]), [0, 65_535, 65_536])).toEqual([
    first + 7n * block,
    first + 8n * block - 1n,
    first + 12n * block,
  ]);
});

test("blocks stay below 2^53, and a sequence that has come near them gives its numbers one by one", async () => {
  const last = 2n ** 36n - 1n;
  const [id = 0n] = await idsIn(idsOf([last]), [65_535]);
  expect(id).toBeLessThan(2n ** 53n);
  expect(id).toBe(first + last * block + block - 1n);
  for (const number of [last + 1n, 2n ** 53n - 1n, 2n ** 53n + 1n, -1n]) expect(idsOf([number])).toBeNull();
  expect(idsOf([])).toBeNull();
});
