import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnsOf } from "../../src/frame/plot/columns.ts";
import { type PlottedDay, type PlottedSeries, renderPlot } from "../../src/frame/plot/index.ts";
import { dateTicks, valueScale } from "../../src/frame/plot/ticks.ts";
import { amountText } from "../../src/frame/plot/words.ts";
import { displayWidth } from "../../src/system/display-width.ts";

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
  target: "quantity",
  step: "day",
  training: daysFrom(0, 60, (index) => ({
    ...planned(index),
    y: index === 44 ? null : index === 45 ? 0 : (week[index % 7] ?? 0),
    stockout: index >= 43 && index < 46,
  })),
  future: daysFrom(60, 28, planned),
  strips: ["stockout", "promotion", "list_price", "holiday"],
};
const draw = (of: Partial<PlottedSeries> = {}, width = 80, days?: number, height?: number) =>
  renderPlot({ ...series, ...of }, { width, height, days, colors: plain });

describe("the plot of a series", () => {
  test("has bars up to the cutoff, an empty future, and the drivers of the same days", () => {
    expect(`\n${draw().join("\n")}\n`).toMatchInlineSnapshot(`
      "
      S1/A
      units per day, the last 39 of 60 days, then 28 to forecast

           units                        cutoff 2024-04-29┊28 days to forecast
              10 ┤     █      █      █      █      █     ┊
                 │     █      █      █      █      █     ┊
                 │     █      █      █      █      █     ┊
                 │    ██     ██     ██     ██     ██     ┊
                 │    ██     ██     ██     ██     ██     ┊
               5 ┤    ██     ██     ██     ██     ██     ┊
                 │   ███    ███    ███     ██    ███    █┊
                 │█  ███ █  ███ █  ███ █   ██ █  ███ █  █┊
                 │██████ ██████ ██████ ██  ██ ██████ ████┊
                 │██████ ██████ ██████ ██· ██ ██████ ████┊
               0 └──────────┬─────────────┬─────────────┬┴─────────────┬──────────────
                            Apr 1         Apr 15        Apr 29         May 13
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
      units per day, 60 days, then 28 to forecast
      a column is the mean of 2 days

           units               cutoff 2024-04-29┊to forecast
              10 ┤                              ┊
                 │  ▄      ▄      ▄      ▄      ┊
                 │  █      █      █      █      ┊
                 │  █      █      █      █      ┊
                 │  █  ▄   █  ▄   █  ▄   █  ▄   ┊
               5 ┤  █  ██  █  ██  █  ██  █  ██  ┊
                 │  █  ██  █  ██  █  ██  █  ██  ┊
                 │▄██  ██▄██  ██▄██  ██▄ █  ██▄█┊
                 │███▄██████▄██████▄████ █▄█████┊
                 │██████████████████████ ███████┊
               0 └┬──────────────┬──────────────┴┬─────────────
                  Mar            Apr             May
      stockout                         ××       ┊
      promotion                               ━━┊━━━
      list price  █████████████████▅▁▁▁▁▁▁▁▁▁▁▁▁┊▁▁▁▁▁▁▁▁▁▁
      holiday                    *              ┊*
      prices      8.49 to 9.99
      holidays    2024-04-01 Easter Monday, 2024-05-01 Labour Day
      "
    `);
  });

  test.for([60, 80, 120, 200])("fills %i columns", (width) => {
    expect(`\n${draw({}, width, undefined, 30).join("\n")}\n`).toMatchSnapshot();
  });

  test("of weeks says so, and names the last day before the weeks to forecast as the cutoff", () => {
    const weekly = (from: number, count: number, y: number | null) =>
      daysFrom(0, count, () => ({})).map((day, index) => ({
        ...day,
        ds: dateOf((from + index) * 7 + 3),
        y: y === null ? null : 20 + ((index * 7) % 11),
      }));
    const lines = draw({
      ...{ step: "week", target: "total_amount", strips: [] },
      ...{ training: weekly(0, 20, 1), future: weekly(20, 4, null) },
    });
    expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
      "
      S1/A
      amount per week, 20 weeks, then 4 to forecast

          amount                         cutoff 2024-07-21┊forecast
              30 ┤      ██    ▃▃              ██    ▃▃    ┊
                 │  ▂▂  ██    ██    ▆▆    ▂▂  ██    ██    ┊
                 │  ██  ██▅▅  ██    ██    ██  ██▅▅  ██    ┊
              25 ┤  ██  ████  ████  ██▃▃  ██  ████  ████  ┊
                 │  ██▆▆████▂▂████  ████  ██▆▆████▂▂████  ┊
                 │  ██████████████▅▅████  ██████████████▅▅┊
              20 ┤████████████████████████████████████████┊
                 │████████████████████████████████████████┊
                 │████████████████████████████████████████┊
              15 ┤████████████████████████████████████████┊
                 │████████████████████████████████████████┊
                 │████████████████████████████████████████┊
              10 ┤████████████████████████████████████████┊
                 │████████████████████████████████████████┊
                 │████████████████████████████████████████┊
               5 ┤████████████████████████████████████████┊
                 │████████████████████████████████████████┊
                 │████████████████████████████████████████┊
               0 └────────┬─────────┬───────┬───────┬─────┴────┬───
                          Apr       May     Jun     Jul        Aug
      "
    `);
  });

  test("grows with the lines of the terminal, within bounds, and its ticks stay on lines", () => {
    const bars = (height: number) => draw({}, 80, undefined, height).filter((line) => /[│┤]/.test(line));
    const counts = [10, 24, 40, 200].map((height) => bars(height).length);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts[0]).toBeGreaterThanOrEqual(6);
    expect(counts.at(-1)).toBeLessThanOrEqual(28);
    expect(
      bars(40)
        .filter((line) => line.includes("┤"))
        .map((line) => line.trim().split(" ")[0]),
    ).toEqual(["10", "8", "6", "4", "2"]);
  });

  test("shows a value below 0 by a minus", () => {
    const [first, ...rest] = series.training.slice(-30);
    const lines = draw({ training: [{ ...(first as PlottedDay), y: -2 }, ...rest] });
    expect(lines.find((line) => line.includes("└"))).not.toContain("-");
    expect(lines.filter((line) => /│-/.test(line))).toHaveLength(1);
  });

  test("cuts a wide name to the width", () => {
    const [name = ""] = draw({ unique_id: "東京タワー".repeat(20) }, 61);
    expect(displayWidth(name)).toBe(61);
    expect(name.endsWith("…")).toBe(true);
  });

  test("shows only what the frame has", () => {
    const lines = draw({ strips: ["promotion"], future: [] });
    expect(lines.filter((line) => /^(stockout|promotion|list price|holiday)/.test(line))).toHaveLength(1);
    expect(lines.join("\n")).not.toContain("┊");
    expect(lines[1]).toBe("units per day, 60 days up to 2024-04-29");
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
      unique_id: fc.constantFrom(
        "S1/A",
        "a store with a long code/and a product with a long SKU",
        "東京".repeat(60),
      ),
      target: fc.constantFrom("quantity", "total_amount", null),
      step: fc.constantFrom("day", "week", "month"),
      training: fc.array(day, { minLength: 1, maxLength: 500 }),
      future: fc.array(day, { maxLength: 400 }),
      strips: fc.constant(series.strips),
    });
    fc.assert(
      fc.property(
        any,
        fc.integer({ min: 40, max: 200 }),
        fc.integer({ min: 5, max: 100 }),
        fc.option(fc.integer({ min: 1, max: 1000 })),
        (of, width, height, days) => {
          const lines = renderPlot(of, { width, height, colors: plain, days: days ?? undefined });
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(lines.length).toBeLessThanOrEqual(45);
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
        const { training, future, days_per_column, cells } = columnsOf(of, room, past);
        expect((training.length + future.length) * cells).toBeLessThanOrEqual(room);
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
  [0.000025, "2.5e-5"],
  [-20, "-20"],
] as const)("an axis says %d as %s", ([value, text]) => expect(amountText(value)).toBe(text));

describe("the scale of the values", () => {
  test.for([
    [10, 4, [0, 5, 10]],
    [10, 5, [0, 2, 4, 6, 8, 10]],
    [460, 5, [0, 100, 200, 300, 400, 500]],
    [0.7, 4, [0, 0.2, 0.4, 0.6, 0.8]],
    [900, 4, [0, 250, 500, 750, 1000]],
    [9, 4, [0, 5, 10]],
    [0, 4, [0, 0.5, 1]],
  ] as const)("up to %d with at most %i intervals has the ticks %j", ([high, intervals, ticks]) => {
    expect(valueScale(0, high, intervals).ticks).toEqual(ticks);
  });

  test("encloses what is shown, with 0, in at most so many equal and round steps", () => {
    const value = fc.double({ min: -1e9, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(value, value, fc.integer({ min: 2, max: 8 }), (a, b, intervals) => {
        const { from, to, step, ticks } = valueScale(Math.min(a, b), Math.max(a, b), intervals);
        const slack = 1e-9 * Math.max(Math.abs(a), Math.abs(b));
        expect(from).toBeLessThanOrEqual(Math.min(0, a, b) + slack);
        expect(to).toBeGreaterThanOrEqual(Math.max(a, b) - slack);
        expect(ticks).toContain(0);
        expect(ticks.length).toBeLessThanOrEqual(intervals + 1);
        expect(step.toExponential()).toMatch(/^(1|2|2\.5|5)e/);
      }),
    );
  });
});

describe("the dates of the axis", () => {
  const range = (from: string, count: number, each = 1) =>
    Array.from({ length: count }, (_, index) =>
      new Date(Date.parse(from) + index * each * 86_400_000).toISOString().slice(0, 10),
    );
  const labels = (dates: string[], room: number) =>
    dateTicks(dates, {
      at: (index) => (index * room) / dates.length,
      widthOf: (label) => label.length + 2,
      end: room + 2,
    }).map(({ label, index }) => `${dates[index]} ${label}`);

  test("are Mondays of a few weeks, months, or years, whichever are the finest that fit", () => {
    expect(labels(range("2024-05-01", 28), 90)).toEqual([
      "2024-05-06 May 6",
      "2024-05-13 May 13",
      "2024-05-20 May 20",
      "2024-05-27 May 27",
    ]);
    expect(labels(range("2024-05-01", 42), 42)).toEqual(["2024-05-13 May 13", "2024-05-27 May 27"]);
    expect(labels(range("2023-11-15", 130), 130)).toEqual([
      "2023-12-01 Dec",
      "2024-01-01 2024",
      "2024-02-01 Feb",
      "2024-03-01 Mar",
    ]);
    expect(labels(range("2019-06-01", 2000), 60)).toEqual([
      "2020-01-01 2020",
      "2021-01-01 2021",
      "2022-01-01 2022",
      "2023-01-01 2023",
      "2024-01-01 2024",
    ]);
  });

  test("of weeks are their first days, on whatever weekday they start", () => {
    expect(labels(range("2024-05-05", 6, 7), 60)).toEqual(
      ["05-05 May 5", "05-12 May 12", "05-19 May 19", "05-26 May 26", "06-02 Jun 2", "06-09 Jun 9"].map(
        (text) => `2024-${text}`,
      ),
    );
  });

  test("are the first day if nothing else fits", () => {
    expect(labels(range("2024-05-07", 3), 20)).toEqual(["2024-05-07 May 7"]);
  });

  test("never overlap", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 20, max: 190 }),
        fc.constantFrom(1, 7),
        (count, room, each) => {
          const dates = range("2021-03-04", count, each);
          const at = (index: number) => (index * room) / count;
          const ticks = dateTicks(dates, { at, widthOf: (label) => label.length + 2, end: room + 2 });
          expect(ticks.length).toBeGreaterThan(0);
          for (const [order, { index, label }] of ticks.slice(0, -1).entries()) {
            expect(at(ticks[order + 1]?.index ?? 0) - at(index)).toBeGreaterThanOrEqual(label.length + 2);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
