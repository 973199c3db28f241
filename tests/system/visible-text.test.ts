import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonText, visible } from "../../src/system/visible-text.ts";

const text = fc.string({ unit: "binary" });

/** What steers a terminal or hides: by Unicode's own properties, not by a list. */
const control = /\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}/u;

describe("visible text", () => {
  test.for([
    ["\x1b[2J\x07", "␛[2J␇"],
    ["a\r\nb\tc\0", "a␍␊b␉c␀"],
    ["\x7f\x9b31m", "␡\\u{9b}31m"],
    ["abc\u202efdp.exe", "abc\\u{202e}fdp.exe"],
    ["\ufeffdate", "\\u{feff}date"],
    ["a\u200bb", "a\\u{200b}b"],
    ["Müller, 東京, خوش\u200cآمد, 👩\u200d🌾", "Müller, 東京, خوش\u200cآمد, 👩\u200d🌾"],
  ] as const)("%j is %s", ([raw, shown]) => {
    expect(visible(raw)).toBe(shown);
  });

  test("has no control character, and shows everything else as it is", () => {
    fc.assert(
      fc.property(text, (raw) => {
        expect(visible(raw)).not.toMatch(control);
        expect(visible(visible(raw))).toBe(visible(raw));
      }),
    );
    for (let code = 0; code < 0x3000; code++) {
      const character = String.fromCodePoint(code);
      expect(control.test(visible(character)), code.toString(16)).toBe(false);
      if (/[\p{L}\p{N}\p{P}\p{S}\p{M}]/u.test(character)) expect(visible(character)).toBe(character);
    }
  });

  test("as JSON is escaped, and the same value for a parser", () => {
    expect(jsonText({ name: "\x9b1m\u202e\x1b\ufeff" })).toBe('{"name":"\\u009b1m\\u202e\\u001b\\ufeff"}');
    fc.assert(
      fc.property(fc.jsonValue(), text, (value, name) => {
        const json = jsonText({ value, [`x${name}`]: name });
        expect(json).not.toMatch(control);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ value, [`x${name}`]: name })));
      }),
    );
  });
});
