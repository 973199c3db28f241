import { readFileSync, writeFileSync } from "node:fs";

/*
 * Preloaded into the measured process: when it exits it says how much memory it had at most, in bytes. On Linux from its
 * own address space, because what getrusage says includes that of the process it was started by.
 */

const report = process.env.BENCH_PEAK_MEMORY;
if (report !== undefined) process.on("exit", () => writeFileSync(report, String(peak_bytes())));

function peak_bytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
