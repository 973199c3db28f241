import { readFileSync, writeFileSync } from "node:fs";

/*
 * Preloaded into the measured process: writes its peak memory in bytes when it exits. On Linux, the figure comes from
 * /proc, because the one of getrusage includes the memory of the parent process.
 */

const report = process.env.BENCH_PEAK_MEMORY;
if (report !== undefined) process.on("exit", () => writeFileSync(report, String(peakBytes())));

function peakBytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
