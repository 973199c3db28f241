import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { program } from "../cli/support/command-line.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { Workspace } from "./support/load.ts";

/* Small files that decompress to a gigabyte, in one line. */

const database = await freshDatabase();
const workspace = new Workspace();
mkdirSync(workspace.path("tmp"));

function zstdBomb(): Buffer {
  const block = (size: number, kind: number) => {
    const head = Buffer.alloc(3);
    head.writeUIntLE((size << 3) | kind, 0, 3);
    return head;
  };
  const header = Buffer.from("code,name\n");
  const run = Buffer.concat([block(128 * 1024, 2), Buffer.from("a")]);
  const last = Buffer.concat([block(128 * 1024, 3), Buffer.from("a")]);
  const runs = Array.from({ length: 8191 }, () => run);
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]);
  return Buffer.concat([frame, block(header.length, 0), header, ...runs, last]);
}

function gzipBomb(): Buffer {
  const member = gzipSync(Buffer.alloc(64 * 1024 * 1024, "a"));
  return Buffer.concat([gzipSync("code,name\n"), ...Array.from({ length: 16 }, () => member)]);
}

/** Runs a dry load of the program and reports how much memory it had at most. */
function peakOf(...args: string[]): { peak_mb: number; output: string } {
  const report = "process.on('exit', () => console.error('peak', process.resourceUsage().maxRSS))";
  const { stderr } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${report}`, program, "load", ...args, "--dry-run"],
    {
      encoding: "utf8",
      cwd: workspace.folder,
      env: { ...process.env, DATABASE_URL: urlOf(database), TMPDIR: workspace.path("tmp") },
    },
  );
  return { peak_mb: Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024, output: stderr };
}

test.for([
  ["zstd", zstdBomb],
  ["gzip", gzipBomb],
] as const)("a gigabyte in a small file of %s is loaded in bounded memory", ([kind, bomb]) => {
  const file = workspace.write(`bomb.csv.${kind}`, bomb());
  const { peak_mb, output } = peakOf("store", file);
  expect(output).toContain("RECORD_TOO_LONG");
  expect(peak_mb).toBeLessThan(300);
});

test("an expression that would need more memory than its limit ends the load", () => {
  const lines = Array.from({ length: 20_000 }, (_, row) => `P${row},${"abcdefghij".repeat(10)}`);
  const file = workspace.write("long.csv", `sku,text\n${lines.join("\n")}\n`);
  const mapping = workspace.write(
    "long.yaml",
    "table: product\ncolumns:\n  sku: \"'P'\"\n  name: text\ncollapse:\n  name: left(string_agg(repeat(name, 1000)), 10)\n",
  );
  const { peak_mb, output } = peakOf("product", file, "--mapping", mapping);
  expect(output).toContain(
    "The mapping's expressions for sku, collapse.name need more than 1.5 GB of memory. [MAPPING_MEMORY_EXCEEDED]",
  );
  expect(peak_mb).toBeLessThan(2600);
});
