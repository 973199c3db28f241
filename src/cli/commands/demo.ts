import { type Context, examples, type RegisterCommand } from "../command.ts";

export const registerDemo: RegisterCommand = (program, action) => {
  program
    .command("demo")
    .description(
      "load a month of a real shop into a database of its own, print its figures, and build, plot and audit a frame",
    )
    .option("--out <folder>", "folder of the frame, which is made", "forecastlab_demo")
    .addHelpText("after", examples("demo", "demo --out frames", "db psql -d forecastlab_demo"))
    .action(action(demo));
};

async function demo(context: Context, { out }: { out: string }): Promise<number> {
  const [{ withDatabase }, { runDemo }, { auditRefusal }, report, { progressDisplay }, { reportResult }] =
    await Promise.all([
      import("../../database/open.ts"),
      import("../../recipes/demo.ts"),
      import("../../frame/index.ts"),
      import("../render/demo-report.ts"),
      import("../render/progress.ts"),
      import("../render/output.ts"),
    ]);
  const { settings, output, signal, streams } = context;
  output.line(output.colors.bold("A month of a giftware shop (Online Retail, UCI, CC BY 4.0)"));
  // A display for each step, as if it was a command of its own.
  let display = progressDisplay(output, streams.stderr);
  display.onProgress?.({ phase: "connect", done: 0 });
  const result = await withDatabase(settings, (server) =>
    runDemo(server, {
      ...{ out, signal },
      onProgress: (progress) => display.onProgress?.(progress),
      onStep: (step) => {
        display.clear();
        report.printDemoStep(step, output);
        display = progressDisplay(output, streams.stderr);
      },
    }),
  ).finally(() => display.clear());
  const embedded = settings.databaseUrl === undefined;
  const print = () => report.printDemoEnd(result, embedded, output);
  return reportResult(result, auditRefusal(result.audit), print, context);
}
