import { expect, test } from "vitest";
import { bytesText, countText, decimalText, numberText, secondsText } from "../../src/system/numbers.ts";

test("thousands of a decimal kept as text are separated, its digits kept", () => {
  expect(["1234567.50", "-1234", "999", "0.001"].map(decimalText)).toEqual([
    "1,234,567.50",
    "-1,234",
    "999",
    "0.001",
  ]);
});

test("whole numbers, counts, seconds and bytes read the same everywhere", () => {
  expect([numberText(5_000_000), numberText(0.12345, 4), numberText(1.5)]).toEqual([
    "5,000,000",
    "0.1235",
    "2",
  ]);
  expect([countText(1, "row"), countText(2_000, "row"), countText(3, "series", "series")]).toEqual([
    "1 row",
    "2,000 rows",
    "3 series",
  ]);
  expect([secondsText(3.24), secondsText(0)]).toEqual(["3.2 s", "0.0 s"]);
  expect([bytesText(0), bytesText(999), bytesText(84_200_000), bytesText(5e13)]).toEqual([
    "0 B",
    "999 B",
    "84.2 MB",
    "50.0 TB",
  ]);
});
