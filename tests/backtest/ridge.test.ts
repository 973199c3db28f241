import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  designOf,
  fitRidge,
  predictionSql,
  type RidgeRows,
  type Sums,
  solveRidge,
  sumRows,
} from "../../src/backtest/index.ts";
import { solvePositiveDefinite } from "../../src/backtest/ridge/cholesky.ts";
import { lambdas, meanSquaredError } from "../../src/backtest/ridge/fit.ts";
import { addProducts } from "../../src/backtest/ridge/sums.ts";
import { type Engine, withEngine } from "../../src/duckdb/engine.ts";

/** Gaussian elimination with pivots: another way to the solution. */
function eliminated(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] as number]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    const best = rows
      .slice(column)
      .reduce(
        (most, row, index) =>
          Math.abs(row[column] as number) > Math.abs((rows[most] as number[])[column] as number)
            ? column + index
            : most,
        column,
      );
    [rows[column], rows[best]] = [rows[best] as number[], rows[column] as number[]];
    const pivot = rows[column] as number[];
    rows.forEach((row, index) => {
      if (index === column) return;
      const factor = (row[column] as number) / (pivot[column] as number);
      for (let k = column; k <= size; k++) row[k] = (row[k] as number) - factor * (pivot[k] as number);
    });
  }
  return rows.map((row, index) => (row[size] as number) / (row[index] as number));
}

describe("Cholesky", () => {
  test("solves by hand", () => {
    const solution = solvePositiveDefinite(Float64Array.of(4, 2, 2, 3), Float64Array.of(8, 7));
    expect(Array.from(solution ?? [])).toEqual([expect.closeTo(1.25, 12), expect.closeTo(1.5, 12)]);
  });

  test("finds what elimination finds", () => {
    const value = fc.double({ min: -3, max: 3, noNaN: true });
    const systems = fc.integer({ min: 1, max: 6 }).chain((size) =>
      fc.tuple(
        fc.array(fc.array(value, { minLength: size, maxLength: size }), {
          minLength: size,
          maxLength: size,
        }),
        fc.array(value, { minLength: size, maxLength: size }),
      ),
    );
    fc.assert(
      fc.property(systems, ([factor, right]) => {
        // F F' + I is positive definite.
        const matrix = factor.map((a, row) =>
          factor.map((b, column) =>
            a.reduce((sum, x, k) => sum + x * (b[k] as number), row === column ? 1 : 0),
          ),
        );
        const found = solvePositiveDefinite(Float64Array.from(matrix.flat()), Float64Array.from(right));
        const expected = eliminated(matrix, right);
        expected.forEach((x, index) => {
          expect(found?.[index]).toBeCloseTo(x, 8);
        });
      }),
    );
  });

  test("has no solution for a matrix that is not positive definite", () => {
    expect(solvePositiveDefinite(Float64Array.of(1, 1, 1, 1), Float64Array.of(1, 2))).toBeUndefined();
    expect(solvePositiveDefinite(Float64Array.of(-1), Float64Array.of(1))).toBeUndefined();
    expect(solvePositiveDefinite(Float64Array.of(Number.NaN), Float64Array.of(1))).toBeUndefined();
  });
});

test("products are those of a plain loop, for odd and even numbers of rows and columns", () => {
  const value = fc.integer({ min: -9, max: 9 });
  const tables = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 7 }))
    .chain(([size, rows]) =>
      fc.array(fc.array(value, { minLength: rows, maxLength: rows }), {
        minLength: size + 1,
        maxLength: size + 1,
      }),
    );
  fc.assert(
    fc.property(tables, ([weight = [], ...columns]) => {
      const size = columns.length;
      const products = new Float64Array(size * size);
      addProducts(
        products,
        columns.map((column) => Float64Array.from(column)),
        Float64Array.from(weight),
        weight.length,
      );
      for (let a = 0; a < size; a++) {
        for (let b = a; b < size; b++) {
          const expected = weight.reduce(
            (sum, w, row) => sum + w * (columns[a]?.[row] as number) * (columns[b]?.[row] as number),
            0,
          );
          // A sum of -0 is 0 too.
          expect(products[a * size + b]).toBeCloseTo(expected, 12);
        }
      }
    }),
  );
});

/** A table with a linear rule, missing values, a flag, a constant, an empty column, weights, and values that are no numbers. */
const createRows = (engine: Engine) =>
  engine.run(`
    CREATE TABLE t AS
    SELECT
      i,
      (hash(i) % 1000) / 100.0 AS "price, ""net""",
      CASE WHEN i % 5 = 0 THEN NULL WHEN i % 11 = 0 THEN 'nan'::DOUBLE ELSE (hash(i + 7) % 100)::DOUBLE END AS lag,
      i % 3 = 0 AS promotion,
      7.5 AS same,
      NULL::DOUBLE AS nothing,
      CASE WHEN i % 17 = 0 THEN 0 ELSE 1 + i % 2 END AS weight,
      5 + 2 * (hash(i) % 1000) / 100.0 + CASE WHEN i % 3 = 0 THEN 4 ELSE 0 END
        + CASE WHEN i % 5 = 0 OR i % 11 = 0 THEN 30 ELSE 0.5 * (hash(i + 7) % 100) END AS y
    FROM range(5000) AS r(i)`);

const columns = ['price, "net"', "lag", "promotion", "same", "nothing"];
const training: RidgeRows = { relation: "t", target: "y", weight: "weight", where: "i < 4000" };
const validation: RidgeRows = { ...training, where: "i >= 4000" };

const designed = async (engine: Engine, rows = training, of = columns) => {
  const design = await designOf(engine, rows, of);
  if (design === undefined) throw new Error("no rows");
  return design;
};

describe("a ridge on a relation", () => {
  test("has indicators for columns with missing values, and names columns without any", async () => {
    await withEngine(undefined, async (engine) => {
      await createRows(engine);
      const design = await designed(engine);
      expect(design.terms.map(({ name }) => name)).toEqual([
        'price, "net"',
        "lag",
        "lag is null",
        "promotion",
        "same",
      ]);
      expect(design.empty).toEqual(["nothing"]);
    });
  });

  test("recovers a linear rule, with the mean in place of missing values", async () => {
    await withEngine(undefined, async (engine) => {
      await createRows(engine);
      const design = await designed(engine);
      const found = fitRidge(
        design,
        await sumRows(engine, design, training),
        await sumRows(engine, design, validation),
      );
      if (found === undefined) throw new Error("no fit");
      const [price, lag, missing, promotion, same] = found.ridge.coefficients;
      // The least penalty: nothing is gained by shrinking an exact rule.
      expect(found.ridge.lambda).toBe(Math.min(...lambdas));
      expect([price, lag, promotion, same].map((value) => Math.round((value ?? 0) * 100) / 100)).toEqual([
        2, 0.5, 4, 0,
      ]);
      expect(missing).not.toBe(0);
      const worst = await engine.rows<{ worst: number }>(`
        SELECT max(abs(y - ${predictionSql(design, found.ridge)})) AS worst FROM t`);
      expect(worst[0]?.worst).toBeLessThan(0.1);
    });
  });

  test("is the solution of the normal equations of the rows, and its error that of the rows", async () => {
    await withEngine(undefined, async (engine) => {
      await createRows(engine);
      const of = columns.slice(0, 3);
      const design = await designed(engine, training, of);
      const sums = await sumRows(engine, design, training);
      const ridge = solveRidge(design, sums, 0.3);
      if (ridge === undefined) throw new Error("no fit");
      const rows = await engine.rows<Record<string, number>>(`
        SELECT y, weight, ${design.terms.map(({ sql }, index) => `${sql} AS z${index}`).join(", ")}
        FROM t WHERE i < 4000 AND weight > 0`);
      expect(sums.rows).toBe(rows.length);
      const weights = rows.map(({ weight }) => weight as number);
      const total = weights.reduce((sum, w) => sum + w, 0);
      const mean = (value: (row: Record<string, number>) => number) =>
        rows.reduce((sum, row) => sum + (row.weight as number) * value(row), 0) / total;
      const names = design.terms.map((_, index) => `z${index}`);
      const deviations = names.map((name) =>
        Math.sqrt(mean((row) => (row[name] as number) ** 2) - mean((row) => row[name] as number) ** 2),
      );
      const z = (row: Record<string, number>, index: number) =>
        ((row[names[index] as string] as number) - mean((one) => one[names[index] as string] as number)) /
        (deviations[index] as number);
      const standardized = rows.map((row) => ({ ...row, z: names.map((_, index) => z(row, index)) }));
      const average = (value: (row: (typeof standardized)[number]) => number) =>
        standardized.reduce(
          (sum, row) => sum + (row as unknown as { weight: number }).weight * value(row),
          0,
        ) / total;
      const y = (row: object) => (row as { y: number }).y;
      const matrix = names.map((_, a) =>
        names.map(
          (_, b) => average((row) => (row.z[a] as number) * (row.z[b] as number)) + (a === b ? 0.3 : 0),
        ),
      );
      const expected = eliminated(
        matrix,
        names.map((_, a) => average((row) => (row.z[a] as number) * y(row))),
      );
      expected.forEach((beta, index) => {
        expect(ridge.standardized[index]).toBeCloseTo(beta, 8);
      });
      const [error] = await engine.rows<{ mse: number }>(`
        SELECT sum(weight * (y - ${predictionSql(design, ridge, { nonNegative: false })}) ** 2) / sum(weight) AS mse
        FROM t WHERE i < 4000 AND weight > 0`);
      expect(meanSquaredError(ridge, sums)).toBeCloseTo(error?.mse ?? Number.NaN, 8);
    });
  }, 30_000);

  test("learns nothing from rows of weight 0 and rows without a finite target", async () => {
    await withEngine(undefined, async (engine) => {
      await createRows(engine);
      await engine.run(
        "CREATE TABLE worse AS SELECT * FROM t UNION ALL SELECT * REPLACE (0 AS weight, 1e9 AS y) FROM t",
      );
      await engine.run("INSERT INTO worse SELECT * REPLACE (1 AS weight, 'inf'::DOUBLE AS y) FROM t");
      await engine.run("INSERT INTO worse SELECT * REPLACE (1 AS weight, NULL AS y) FROM t");
      const [plain, other] = [
        await designed(engine),
        await designed(engine, { ...training, relation: "worse" }),
      ];
      const fits: Sums[] = [
        await sumRows(engine, plain, training),
        await sumRows(engine, other, { ...training, relation: "worse" }),
      ];
      expect(fits[1]?.rows).toBe(fits[0]?.rows);
      fits[0]?.products.forEach((value, index) => {
        expect(fits[1]?.products[index]).toBeCloseTo(value, 4);
      });
    });
  });

  test("predicts rows with values that training never lacked, and nothing below 0 unless it may", async () => {
    await withEngine(undefined, async (engine) => {
      await engine.run(
        "CREATE TABLE t AS SELECT i, i::DOUBLE AS x, 3 * i AS y, 1 AS weight FROM range(100) AS r(i)",
      );
      const rows = { relation: "t", target: "y" };
      const design = await designed(engine, rows, ["x"]);
      const ridge = solveRidge(design, await sumRows(engine, design, rows), 1e-4);
      if (ridge === undefined) throw new Error("no fit");
      const predict = (x: string, nonNegative: boolean) =>
        engine.rows<{ f: number }>(
          `SELECT ${predictionSql(design, ridge, { nonNegative })} AS f FROM (SELECT ${x} AS x)`,
        );
      expect((await predict("NULL::DOUBLE", true))[0]?.f).toBeCloseTo(148.5, 9);
      expect((await predict("'inf'::DOUBLE", true))[0]?.f).toBeCloseTo(148.5, 9);
      expect((await predict("-50", true))[0]?.f).toBe(0);
      expect((await predict("-50", false))[0]?.f).toBeLessThan(-140);
    });
  });

  test("takes terms that depend on each other, which the penalty shares out", async () => {
    await withEngine(undefined, async (engine) => {
      await engine.run(
        "CREATE TABLE t AS SELECT i::DOUBLE AS a, 2e0 * i AS b, 3e0 * i AS y FROM range(50) AS r(i)",
      );
      const rows = { relation: "t", target: "y" };
      const design = await designed(engine, rows, ["a", "b"]);
      const sums = await sumRows(engine, design, rows);
      const [a, b] = solveRidge(design, sums, 1e-3)?.standardized ?? [];
      expect(a).toBeCloseTo(b ?? Number.NaN, 9);
      expect(solveRidge(design, sums, 0)).toBeUndefined();
    });
  });

  test("without rows has no design; without validation rows it takes the usual penalty", async () => {
    await withEngine(undefined, async (engine) => {
      await createRows(engine);
      expect(await designOf(engine, { ...training, where: "false" }, columns)).toBeUndefined();
      const design = await designed(engine);
      const none = await sumRows(engine, design, { ...training, where: "false" });
      expect(none.rows).toBe(0);
      const found = fitRidge(design, await sumRows(engine, design, training), none);
      expect(found?.ridge.lambda).toBe(0.03);
      expect(found?.validation.every(({ mse }) => mse === null)).toBe(true);
    });
  });

  test("shrinks more if the validation rows do not follow the training rows", async () => {
    await withEngine(undefined, async (engine) => {
      await engine.run(`
        CREATE TABLE t AS
        SELECT i, (hash(i) % 100)::DOUBLE AS x, 100 + CASE WHEN i < 500 THEN 1 ELSE 0 END * (hash(i) % 100) AS y
        FROM range(1000) AS r(i)`);
      const [known, later] = [
        { relation: "t", target: "y", where: "i < 500" },
        { relation: "t", target: "y", where: "i >= 500" },
      ];
      const design = await designed(engine, known, ["x"]);
      const found = fitRidge(
        design,
        await sumRows(engine, design, known),
        await sumRows(engine, design, later),
      );
      expect(found?.ridge.lambda).toBe(Math.max(...lambdas));
    });
  });
});
