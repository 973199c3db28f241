import fc from "fast-check";
import type { Policy, Subject } from "./model.ts";
import { skus, stores } from "./subjects.ts";

/* The steps of a sequence, drawn at random. */

export interface FileRows {
  /** A few rows; or a month: of its days, stores and products every combination, or one of `every`. */
  readonly rows: readonly (readonly string[])[] | { month: string; salt: number; every: number };
}

export type Step =
  | {
      readonly kind: "load";
      readonly header: readonly string[];
      readonly files: readonly FileRows[];
      readonly policy: Policy;
      readonly maxRejects: { rows: number } | { percent: number };
    }
  /** Files of an earlier load, under the same names or others, with or without `again`, and perhaps followed by another. */
  | {
      readonly kind: "replay";
      readonly load: number;
      readonly again: boolean;
      readonly renamed: boolean;
      readonly more?: readonly FileRows[];
    }
  /** Rows that plain SQL inserts. */
  | { readonly kind: "insert"; readonly rows: readonly (readonly string[])[] };

const cell = (...values: string[]) => fc.constantFrom(...values);

/** Valid and invalid values of each column. */
const cells: Record<string, { valid: fc.Arbitrary<string>; invalid: fc.Arbitrary<string> }> = {
  date: {
    valid: cell("2024-01-15", "2024-01-31", "2024-02-01", "2023-12-31"),
    invalid: cell("2024-02-30", "2031-01-01", "", "15/01/2024"),
  },
  store_code: { valid: cell("S1", "S2"), invalid: cell("S9") },
  sku: { valid: cell("A", "B"), invalid: cell("Z", "") },
  quantity: { valid: cell("0", "1", "2", "2.0"), invalid: cell("x", "-1", "1.5", "") },
  unit_price: { valid: cell("1.50", "1.5"), invalid: cell("1.505", "") },
  total_amount: { valid: cell("3.00", "3"), invalid: cell("1e3") },
  on_hand_qty: { valid: cell("0", "1", "7"), invalid: cell("", "many") },
  on_order_qty: { valid: cell("0", "5"), invalid: cell("-5", "") },
  name: { valid: cell("spring", 'the "big" one'), invalid: cell("") },
  start_date: { valid: cell("2024-01-10", "2024-02-01"), invalid: cell("2024-13-01") },
  end_date: { valid: cell("2024-02-01", "2024-02-10"), invalid: cell("2024-01-01") },
  discount_pct: { valid: cell("", "0.1", "0.25"), invalid: cell("1.5", "10%") },
  discount_amount: { valid: cell("", "0.50", ".5"), invalid: cell("free") },
};

const validOf = (name: string) => cells[name]?.valid ?? fc.constant("");
const invalidOf = (name: string) => cells[name]?.invalid ?? fc.constant("");

export function steps(subject: Subject): fc.Arbitrary<readonly Step[]> {
  const rowOf = (header: readonly string[]) => {
    const valid = fc.tuple(...header.map((name) => validOf(name)));
    const mixed = header.map((name) => fc.oneof(validOf(name), invalidOf(name)));
    return fc.oneof(
      { weight: 14, arbitrary: valid },
      { weight: 1, arbitrary: fc.tuple(...mixed) },
      { weight: 1, arbitrary: valid.map((row) => row.slice(1)) },
    );
  };
  const month = fc.record({
    month: cell("2024-01", "2024-02"),
    salt: fc.nat({ max: 2 }),
    every: fc.constantFrom(1, 40),
  });
  const all = subject.columns.map(({ name }) => name);
  const optional = subject.columns.filter(({ absent }) => absent !== undefined).map(({ name }) => name);
  const header = fc
    .tuple(fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(optional))
    .map(([order, left]) => order.filter((name) => !left.includes(name)));
  const loading = header.chain((names) =>
    fc.record({
      kind: fc.constant("load" as const),
      header: fc.constant(names),
      files: fc.array(
        fc.oneof(
          {
            weight: 8,
            arbitrary: fc.array(rowOf(names), { minLength: 1, maxLength: 8 }).map((rows) => ({ rows })),
          },
          { weight: subject.partitioned ? 1 : 0, arbitrary: month.map((rows) => ({ rows })) },
        ),
        { minLength: 1, maxLength: 3 },
      ),
      policy: fc.constantFrom<Policy>("reject", "first", "last", ...(subject.sum ? ["sum" as const] : [])),
      maxRejects: fc.constantFrom({ rows: 0 }, { rows: 2 }, { percent: 25 }, { percent: 100 }),
    }),
  );
  const replay = fc.record({
    kind: fc.constant("replay" as const),
    load: fc.nat(),
    again: fc.boolean(),
    renamed: fc.boolean(),
    more: fc.array(
      month.map((rows) => ({ rows: { ...rows, every: 40 } })),
      { maxLength: subject.partitioned ? 1 : 0 },
    ),
  });
  const insert = fc
    .array(fc.tuple(...all.map((name) => validOf(name))), { minLength: 1, maxLength: 3 })
    .map((rows) => ({ kind: "insert" as const, rows }));
  return fc.array<Step>(
    fc.oneof(
      { weight: 6, arbitrary: loading },
      { weight: 2, arbitrary: replay },
      { weight: 1, arbitrary: insert },
    ),
    { minLength: 2, maxLength: 7 },
  );
}

/** The records of a file. In most rows of a month the quantity depends on the salt. */
export function recordsOf({ rows }: FileRows, header: readonly string[]): readonly (readonly string[])[] {
  if (!("month" in rows)) return rows;
  const { month, salt, every } = rows;
  const records: string[][] = [];
  for (let day = 1; day <= (month === "2024-02" ? 29 : 31); day++) {
    for (const store of stores) {
      for (const sku of skus) {
        const number = String((records.length * 7 + salt * 3) % 10);
        const value: Record<string, string> = {
          ...{ date: `${month}-${String(day).padStart(2, "0")}`, store_code: store, sku, quantity: number },
          ...{ unit_price: "1.50", total_amount: "3.00", on_hand_qty: number, on_order_qty: "5" },
        };
        records.push(header.map((name) => value[name] ?? ""));
      }
    }
  }
  return records.filter((_, index) => index % every === 0);
}

const quoted = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
export const csvOf = (records: readonly (readonly string[])[]) =>
  records.map((record) => `${record.map(quoted).join(",")}\n`).join("");
