import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type PlottedDay,
  type PlottedSeries,
  renderPlotPage,
  writePlotPage,
} from "../../src/frame/plot/index.ts";
import { Workspace } from "../ingest/support/load.ts";

/* One series of a frame as a page for a browser. */

const dateOf = (index: number) => new Date(Date.UTC(2024, 2, 1 + index)).toISOString().slice(0, 10);
const dayOf = (index: number, of: Partial<PlottedDay> = {}): PlottedDay => ({
  ...{ ds: dateOf(index), y: null, stockout: null, promotion: index >= 56 && index < 66 },
  ...{
    list_price: index < 35 ? 9.99 : 8.49,
    holiday: index === 31,
    holiday_name: index === 31 ? "Easter" : null,
  },
  ...of,
});
const series: PlottedSeries = {
  ...{ unique_id: "S1/A", target: "quantity", step: "day" },
  training: Array.from({ length: 60 }, (_, index) =>
    dayOf(index, { y: index === 44 ? null : index % 7, stockout: index >= 43 && index < 46 }),
  ),
  future: Array.from({ length: 28 }, (_, index) => dayOf(60 + index)),
  strips: ["stockout", "promotion", "list_price", "holiday"],
};

/** The elements of a page in order, each with its attributes and the text right behind it. Throws if they do not nest. */
function elementsOf(page: string) {
  const found: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: string[] = [];
  const tag = /<(\/?)([a-z0-9]+)((?:\s+[a-zA-Z-]+="[^"<>]*")*)\s*(\/?)>|<!doctype html>/gy;
  let at = 0;
  while (at < page.length) {
    const next = page.indexOf("<", at);
    const text = page.slice(at, next === -1 ? page.length : next);
    const last = found.at(-1);
    if (last !== undefined) last.text += text;
    if (text.includes(">") && open.at(-1) !== "style") throw new Error(`a bare > in ${text}`);
    if (next === -1) break;
    tag.lastIndex = next;
    const match = tag.exec(page);
    if (match === null) throw new Error(`no tag: ${page.slice(next, next + 80)}`);
    at = tag.lastIndex;
    const [, closes, name, attributes = "", empty] = match;
    if (name === undefined) continue;
    if (closes) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    if (!empty && name !== "meta") open.push(name);
    const pairs = [...attributes.matchAll(/([a-zA-Z-]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [
      key,
      value,
    ]);
    found.push({ name, attributes: Object.fromEntries(pairs), text: "" });
  }
  if (open.length > 0) throw new Error(`not closed: ${open}`);
  return found.map((element) => ({ ...element, text: element.text.trim() }));
}

const elements = elementsOf(renderPlotPage(series));
const named = (name: string, of?: string) =>
  elements.filter(
    (element) => element.name === name && (of === undefined || element.attributes.class === of),
  );

describe("the page of a series", () => {
  test("says what is shown, with the figures of these days", () => {
    expect(named("bdi")[0]?.text).toBe("S1/A");
    expect(named("p", "deck")[0]?.text).toBe(
      "Units per day, Mar 1, 2024 to Apr 29, 2024. Shaded: the 28 days to forecast.",
    );
    const [names, values] = [named("dt"), named("dd")].map((list) => list.map(({ text }) => text.trim()));
    expect(names).toEqual([
      ...["units in all", "mean per day", "days without a sale", "days with a stockout", "days on promotion"],
    ]);
    // 8 full weeks of 0 to 6, then 0 to 3, without the 2 of the day that is not known.
    expect(values).toEqual(["172", "2.92", "9", "3", "4"]);
    expect(named("p", "aside")[0]?.text).toBe("Holidays: Apr 1, 2024");
  });

  test("has the picture for a desk and for a phone, each with a title and a description", () => {
    const pictures = named("svg");
    expect(pictures.map(({ attributes }) => [attributes.class, attributes.role])).toEqual([
      ["wide", "img"],
      ["narrow", "img"],
    ]);
    for (const { attributes } of pictures) {
      const ids = attributes["aria-labelledby"]?.split(" ") ?? [];
      const texts = ids.map((id) => elements.find(({ attributes }) => attributes.id === id)?.text.trim());
      expect(texts).toEqual([
        "S1/A",
        "Bars of units per day from Mar 1, 2024 to Apr 29, 2024. The highest value is 6, on Mar 7, 2024. " +
          "The cutoff is Apr 29, 2024; 28 days after it are to forecast. All values are in the table below.",
      ]);
      // On 390 px the narrow picture is as wide as in its own units; the wide one is shown from 800 px on.
      const shown = attributes.class === "narrow" ? 390 - 32 : 800 - 32;
      const width = Number(attributes.viewBox?.split(" ")[2]);
      expect((Number(attributes["font-size"]) * shown) / width).toBeGreaterThanOrEqual(11);
    }
  });

  test("has a bar for each day with a value above 0, of another color if there was a stockout", () => {
    const barsOf = (of: string) =>
      named("path", of).map(({ attributes }) => attributes.d?.match(/M/g)?.length);
    const above = series.training.filter(({ y }) => (y ?? 0) > 0);
    const out = above.filter(({ stockout }) => stockout).length;
    expect(barsOf("bar")).toEqual([above.length - out, above.length - out]);
    expect(barsOf("bar-stockout")).toEqual([out, out]);
  });

  test("has lanes with a band for each run of days, and says of which days", () => {
    const bands = (of: string) => named("rect", of).length / 2;
    expect(["stockout", "promotion", "holiday", "tint-stockout", "future"].map(bands)).toEqual([
      1, 1, 1, 1, 1,
    ]);
    expect(named("title").map(({ text }) => text)).toContain("2024-04-26 to 2024-05-05");
    expect(named("text").map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        "units per day",
        "List price 8.49 to 9.99",
        "cutoff Apr 29, 2024",
        "28 days to forecast",
        "Apr",
      ]),
    );
  });

  test("has the numbers as a table", () => {
    expect(named("tr")).toHaveLength(1 + 60 + 28);
    const cells = elements
      .filter(({ name }) => name === "th" || name === "td")
      .map(({ text }) => text.trim());
    expect(cells.slice(0, 12)).toEqual([
      ...["day", "units", "stockout", "promotion", "list price", "holiday"],
      ...["2024-03-01", "0", "", "", "9.99", ""],
    ]);
    const row = (ds: string) => cells.slice(cells.indexOf(ds), cells.indexOf(ds) + 6);
    expect(row("2024-04-14")).toEqual(["2024-04-14", "not known", "yes", "", "8.49", ""]);
    expect(row("2024-04-01").at(-1)).toBe("Easter");
    expect(row("2024-05-01")).toEqual(["2024-05-01", "to forecast", "", "yes", "8.49", ""]);
  });

  test("keeps coordinates within the picture, whatever the series", () => {
    const value = fc.option(fc.double({ min: -50, max: 1e9, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 0, max: 200 }),
        fc.constantFrom("day", "week", "month"),
        (values, ahead, step) => {
          const page = renderPlotPage({
            ...{ ...series, step },
            training: values.map((y, index) => dayOf(index, { y })),
            future: Array.from({ length: ahead }, (_, index) => dayOf(values.length + index)),
          });
          expect(page).not.toMatch(/NaN|Infinity|undefined/);
          for (const { name, attributes } of elementsOf(page)) {
            if (name !== "rect") continue;
            expect(Number(attributes.width)).toBeGreaterThanOrEqual(0);
            expect(Number(attributes.x) + Number(attributes.width)).toBeLessThanOrEqual(902);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test("shows the last half year, or so many days as are asked for", () => {
    const long = { ...series, training: Array.from({ length: 500 }, (_, index) => dayOf(index, { y: 1 })) };
    const deck = (days?: number) => /<p class="deck">([^<]*)/.exec(renderPlotPage(long, { days }))?.[1];
    expect(deck()).toContain("the last 182 of 500 days");
    expect(deck(30)).toContain("the last 30 of 500 days");
    expect(deck(500)).not.toContain("the last");
  });

  test("draws values below 0 below the line of 0", () => {
    const training = series.training.map((day, index) => ({ ...day, y: index === 50 ? -3 : day.y }));
    const labels = elementsOf(renderPlotPage({ ...series, training }))
      .filter(({ name, attributes }) => name === "text" && attributes["text-anchor"] === "end")
      .map(({ text }) => text);
    expect(labels).toContain("-2");
  });

  test("is the same for the same series", () => {
    expect(renderPlotPage(series)).toBe(renderPlotPage(structuredClone(series)));
  });
});

describe("a page is self-contained, and data steers nothing:", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 30 }),
    fc.constantFrom(
      ...[
        "</script><script>alert(1)</script>",
        '" onload="alert(1)',
        "' x='",
        "</title></svg><img src=x>",
        "&lt;b>",
      ],
      ...[
        "<!--",
        "]]>",
        "\u202eevil",
        "\u001b[2J",
        "</style>",
        "javascript:alert(1)",
        "url(http://x.example)",
      ],
    ),
  );

  test("names are text, in every place", () => {
    const pageOf = (text: string) => {
      const named = (day: PlottedDay, index: number) => ({
        ...day,
        ...(index % 9 === 0 && { holiday: true, holiday_name: text }),
      });
      return renderPlotPage({ ...series, unique_id: text, training: series.training.slice(-30).map(named) });
    };
    const usual = new Set(elementsOf(pageOf("x")).map(({ name }) => name));
    fc.assert(
      fc.property(hostile, (text) => {
        const page = pageOf(text);
        const found = elementsOf(page);
        expect(new Set(found.map(({ name }) => name))).toEqual(usual);
        expect(
          found
            .flatMap(({ attributes }) => Object.keys(attributes))
            .filter((name) => /^(on|href|src|style|xlink)/.test(name)),
        ).toEqual([]);
        expect(page.replaceAll("\n", "")).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
        );
      }),
      { numRuns: 20 },
    );
  });

  test("nothing is loaded, and nothing runs", () => {
    const page = renderPlotPage(series);
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    );
    const names = new Set(elementsOf(page).map(({ name }) => name));
    for (const name of ["script", "link", "img", "image", "use", "iframe", "object", "a", "base", "form"]) {
      expect(names).not.toContain(name);
    }
    expect(page).not.toMatch(/https?:|url\(|@import|\ssrc=|\shref=/);
  });
});

describe("a page is written", () => {
  const workspace = new Workspace();

  test("completely, in place of an older one", async () => {
    const html = workspace.path("page.html");
    writeFileSync(html, "older");
    const written = await writePlotPage(html, series);
    const page = readFileSync(html, "utf8");
    expect(page).toBe(renderPlotPage(series));
    expect(written).toEqual({ html, bytes: Buffer.byteLength(page) });
    expect(readdirSync(workspace.folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test.for([
    ["folder.html", "FILE_IS_DIRECTORY"],
    ["link.html", "FILE_UNWRITABLE"],
    ["frame.parquet", "FILE_UNWRITABLE"],
    ["no-such-folder/page.html", "FILE_UNWRITABLE"],
  ] as const)("but not to %s", async ([name, code]) => {
    if (name === "folder.html") mkdirSync(workspace.path(name));
    if (name === "link.html") symlinkSync(workspace.path("elsewhere"), workspace.path(name));
    if (name === "frame.parquet") writeFileSync(workspace.path(name), "a frame");
    const before = readdirSync(workspace.folder);
    await expect(writePlotPage(workspace.path(name), series)).rejects.toMatchObject({ code });
    expect(readdirSync(workspace.folder)).toEqual(before);
  });
});
