import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { amount } from "../../src/frame/plot/chart.ts";
import { columnsOf } from "../../src/frame/plot/columns.ts";
import { type PlottedDay, type PlottedSeries, renderPlot } from "../../src/frame/plot/index.ts";

/* One series of a frame in the terminal: from plain data to lines. */

const same = (text: string) => text;
const plain = { bold: same, dim: same, red: same, green: same, cyan: same, yellow: same };

const dateOf = (index: number) => new Date(Date.UTC(2024, 2, 1 + index)).toISOString().slice(0, 10);
const nothing = {
  y: null,
  stockout: null,
  promotion: null,
  list_price: null,
  holiday: null,
  holiday_name: null,
};
const daysFrom = (first: number, count: number, of: (index: number) => Partial<PlottedDay>): PlottedDay[] =>
  Array.from({ length: count }, (_, index) => ({
    ...nothing,
    ds: dateOf(first + index),
    ...of(first + index),
  }));

/** Plans: a promotion around the cutoff, and a price that changes and is missing at the end. */
const planned = (index: number) => ({
  promotion: index >= 56 && index < 66,
  list_price: index < 35 ? 9.99 : index < 80 ? 8.49 : null,
  holiday: index === 31 || index === 61,
  holiday_name: index === 31 ? "Easter Monday" : index === 61 ? "Labour Day" : null,
});
const week = [3, 2, 2, 4, 7, 10, 0];
const series: PlottedSeries = {
  unique_id: "S1/A",
  training: daysFrom(0, 60, (index) => ({
    ...planned(index),
    y: index === 44 ? null : index === 45 ? 0 : (week[index % 7] ?? 0),
    stockout: index >= 43 && index < 46,
  })),
  future: daysFrom(60, 28, planned),
  strips: ["stockout", "promotion", "list_price", "holiday"],
};
const draw = (of: Partial<PlottedSeries> = {}, width = 80, days?: number) =>
  renderPlot({ ...series, ...of }, { width, days, colors: plain });

describe("the plot of a series", () => {
  test("has bars up to the cutoff, an empty future, and the drivers of the same days", () => {
    expect(`\n${draw().join("\n")}\n`).toMatchInlineSnapshot(`
      "
      S1/A
      y of 39 days, then 28 to forecast

              10 ┤     █      █      █      █      █     ┊
                 │     █      █      █      █      █     ┊
                 │    ▅█     ▅█     ▅█     ▅█     ▅█     ┊
                 │    ██     ██     ██     ██     ██     ┊
               5 ┤   ▂██    ▂██    ▂██     ██    ▂██    ▂┊
                 │▃  ███ ▃  ███ ▃  ███ ▃   ██ ▃  ███ ▃  █┊
                 │█▅▅███ █▅▅███ █▅▅███ █▅  ██ █▅▅███ █▅▅█┊
                 │██████ ██████ ██████ ██· ██ ██████ ████┊
               0 └───────────────────────────────────────┴────────────────────────────
                  2024-03-22                   2024-04-29                   2024-05-27
      stockout                          ×××              ┊
      promotion                                      ━━━━┊━━━━━━
      list price  ██████████████▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁┊▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
      holiday               *                            ┊ *
      prices      8.49 to 9.99
      holidays    2024-04-01 Easter Monday, 2024-05-01 Labour Day
      "
    `);
  });

  test("has several days per column if there are more days than columns, counted from the cutoff", () => {
    expect(`\n${draw({}, 60, 60).join("\n")}\n`).toMatchInlineSnapshot(`
      "
      S1/A
      y of 60 days, then 28 to forecast
      a column is the mean of 2 days

             8.5 ┤  █      █      █      █      ┊
                 │  █      █      █      █      ┊
                 │  █  ▁   █  ▁   █  ▁   █  ▁   ┊
                 │  █  █▆  █  █▆  █  █▆  █  █▆  ┊
            4.25 ┤  █  ██  █  ██  █  ██  █  ██  ┊
                 │▃▇█  ██▃▇█  ██▃▇█  ██▃ █  ██▃▇┊
                 │███▃▇█████▃▇█████▃▇███ █▃▇████┊
                 │██████████████████████ ███████┊
               0 └──────────────────────────────┴──────────────
                  2024-03-01          2024-04-29     2024-05-27
      stockout                         ××       ┊
      promotion                               ━━┊━━━
      list price  █████████████████▅▁▁▁▁▁▁▁▁▁▁▁▁┊▁▁▁▁▁▁▁▁▁▁
      holiday                    *              ┊*
      prices      8.49 to 9.99
      holidays    2024-04-01 Easter Monday, 2024-05-01 Labour Day
      "
    `);
  });

  test("shows only what the frame has", () => {
    const lines = draw({ strips: ["promotion"], future: [] });
    expect(lines.filter((line) => /^(stockout|promotion|list price|holiday)/.test(line))).toHaveLength(1);
    expect(lines.join("\n")).not.toContain("┊");
    expect(lines[1]).toBe("y of 60 days");
  });

  test("styles only what it should", () => {
    const colors = { ...plain, red: (text: string) => `<${text}>` };
    const styled = renderPlot(series, { width: 80, colors });
    expect(styled.join("\n").replaceAll(/[<>]/g, "")).toBe(draw().join("\n"));
    expect(styled.find((line) => line.startsWith("stockout"))).toContain("<");
  });

  test("is flat for a series that never sold, or of which nothing is known", () => {
    const flat = (y: number | null) =>
      draw({ training: series.training.map((day) => ({ ...day, y })), strips: [] }).join("\n");
    expect(flat(0)).not.toMatch(/[▁-█·]/);
    expect(flat(null)).toMatch(/│·{39}┊\n/);
    expect(flat(null)).not.toMatch(/[▁-█]/);
  });

  test("fits any width from 40 columns on, whatever the series", () => {
    const day = fc.record({
      ds: fc.constant("2024-05-14"),
      y: fc.option(fc.double({ min: 0, max: 1e12, noNaN: true })),
      stockout: fc.option(fc.boolean()),
      promotion: fc.option(fc.boolean()),
      list_price: fc.option(fc.double({ min: 0, max: 1e8, noNaN: true })),
      holiday: fc.option(fc.boolean()),
      holiday_name: fc.option(fc.constantFrom("Labour Day", "A very long name of a holiday indeed")),
    });
    const any = fc.record({
      unique_id: fc.constantFrom("S1/A", "a store with a long code/and a product with a long SKU"),
      training: fc.array(day, { minLength: 1, maxLength: 500 }),
      future: fc.array(day, { maxLength: 400 }),
      strips: fc.constant(series.strips),
    });
    fc.assert(
      fc.property(
        any,
        fc.integer({ min: 40, max: 200 }),
        fc.option(fc.integer({ min: 1, max: 1000 })),
        (of, width, days) => {
          const lines = renderPlot(of, { width, colors: plain, days: days ?? undefined });
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
          expect(lines.join("\n")).not.toMatch(/NaN|Infinity|undefined/);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("the columns", () => {
  test("have every day that is shown once, in order, none across the cutoff; only the oldest column may be shorter", () => {
    const length = fc.integer({ min: 1, max: 700 });
    fc.assert(
      fc.property(length, length, fc.integer({ min: 27, max: 200 }), (past, ahead, room) => {
        const of = {
          ...series,
          training: daysFrom(0, past, () => ({})),
          future: daysFrom(past, ahead, () => ({})),
        };
        const { training, future, days_per_column } = columnsOf(of, room, past);
        expect(training.length + future.length).toBeLessThanOrEqual(room);
        expect(training.flat()).toEqual(of.training);
        expect(future.flat()).toEqual(of.future);
        for (const column of training.slice(1)) expect(column).toHaveLength(days_per_column);
      }),
      { numRuns: 15 },
    );
  });

  test("leave at least four weeks for the past, however long the horizon", () => {
    const { training } = columnsOf({ ...series, future: daysFrom(60, 365, () => ({})) }, 67);
    expect(training.flat()).toHaveLength(28);
  });
});

test.for([
  [10, "10"],
  [5.25, "5.25"],
  [12_345, "12,345"],
  [1_234.56, "1,230"],
  [1_234_567, "1.235M"],
] as const)("an axis says %d as %s", ([value, text]) => expect(amount(value)).toBe(text));
