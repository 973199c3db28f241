import { describe, expect, test } from "vitest";
import { createOutput, reportFailure } from "../../src/cli/render/output.ts";
import { progressDisplay } from "../../src/cli/render/progress.ts";
import { fail } from "../../src/errors.ts";
import { forecastlab } from "./support/command-line.ts";
import { rememberingStreams } from "./support/streams.ts";

const quietOutput = (json = false) => {
  const { written, ...streams } = rememberingStreams({ isTTY: true, columns: 80 });
  const output = createOutput({ json, verbose: false, quiet: true }, { NO_COLOR: "1" }, streams);
  return { written, streams, output };
};

describe("with --quiet", () => {
  test("what was asked for is printed, what was done is not", () => {
    const { written, output } = quietOutput();
    output.line("17  sales_daily");
    output.report("read 3 = 3 inserted");
    output.note("waiting");
    expect(written).toEqual({ stdout: "17  sales_daily\n", stderr: "" });
  });

  test("there is no progress, neither drawn nor as JSON", () => {
    for (const json of [false, true]) {
      const { written, output, streams } = quietOutput(json);
      const display = progressDisplay(output, streams.stderr);
      display.onProgress?.({ phase: "read", done: 10 });
      display.onWait("another load of store");
      display.clear();
      expect(written).toEqual({ stdout: "", stderr: "" });
    }
  });

  test("a failure is printed", () => {
    const { written, output, streams } = quietOutput();
    expect(reportFailure(fail("FILE_NOT_FOUND", { path: "a.csv" }), output, streams)).toBe(1);
    expect(written.stderr).toContain("error The file a.csv does not exist. [FILE_NOT_FOUND]\n");
  });

  test.for(["-q", "--quiet"])("%s is a global option, before and after the command", async (flag) => {
    const env = { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
    for (const line of [
      [flag, "db", "stop"],
      ["db", "stop", flag],
    ]) {
      const { status, stdout, stderr } = await forecastlab(line, { env });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    }
    expect((await forecastlab(["db", "stop"], { env })).stdout).toContain("Nothing to stop");
  });
});
