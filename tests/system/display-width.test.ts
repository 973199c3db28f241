import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { cutEnd, cutStart, displayWidth, padEnd, padStart, splitAt } from "../../src/system/display-width.ts";

/** Node's own measure, by ICU: where the cursor is behind a prompt. */
const terminal = Object.assign(new PassThrough(), { columns: Number.POSITIVE_INFINITY });
const lines = createInterface({ input: new PassThrough(), output: terminal, terminal: true });
afterAll(() => lines.close());
const widthByNode = (text: string) => {
  lines.setPrompt(text);
  return lines.getCursorPos().cols;
};

describe("the width of text", () => {
  test.for([
    ["abc", 3],
    ["東京 Tower", 10],
    ["Café", 4],
    ["Cafe\u0301", 4],
    ["ｶﾀｶﾅ", 4],
    ["ＡＢ", 4],
    ["한국", 4],
    ["\u1112\u1161\u11ab", 2],
    ["👍", 2],
    ["🇩🇪", 2],
    ["…–é×", 4],
    ["ไม้", 2],
  ] as const)("of %s is %i", ([text, width]) => {
    expect(displayWidth(text)).toBe(width);
  });

  test("of every character that a product's name has is what Node says", () => {
    // Without combining marks of Japanese, parts of Hangul syllables and hexagrams: of these, Node, its versions and terminals differ.
    const blocks: [number, number][] = [
      [0x20, 0x7e],
      [0xa1, 0x5ff],
      [0x610, 0x6dc],
      [0x900, 0xdff],
      [0xe00, 0x10ff],
      [0x1e00, 0x1fff],
      [0x2010, 0x2027],
      [0x2100, 0x218b],
      [0x2e80, 0x2fd5],
      [0x3000, 0x3029],
      [0x3030, 0x3096],
      [0x309b, 0x4dbf],
      [0x4e00, 0x9fff],
      [0xac00, 0xd7a3],
      [0xf900, 0xfad9],
      [0xff01, 0xffee],
      [0x1f300, 0x1f64f],
      [0x20000, 0x20200],
    ];
    const different: string[] = [];
    for (const [from, to] of blocks) {
      for (let code = from; code <= to; code++) {
        const character = String.fromCodePoint(code);
        if (/\p{Cn}|\u00ad/u.test(character)) continue;
        if (displayWidth(character) !== widthByNode(character)) different.push(code.toString(16));
      }
    }
    expect(different).toEqual([]);
  });

  test("is never more than was asked for when text is cut or split, and exactly that when it is filled", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 30 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (text, width) => {
        for (const cut of [cutEnd(text, width), cutStart(text, width)]) {
          expect(displayWidth(cut)).toBeLessThanOrEqual(width);
          if (displayWidth(text) <= width) expect(cut).toBe(text);
        }
        const [fits, rest] = splitAt(text, width);
        expect(fits + rest).toBe(text);
        expect(displayWidth(fits)).toBeLessThanOrEqual(width);
        for (const filled of [padEnd(text, width), padStart(text, width)]) {
          expect(displayWidth(filled)).toBe(Math.max(width, displayWidth(text)));
        }
      }),
    );
  });
});
