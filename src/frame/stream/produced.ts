import { TransformStream } from "node:stream/web";

/**
 * Yields the items of a producer as they are asked for: `put` is settled once its item is taken, so nothing is produced ahead of
 * the consumer. If the consumer stops, or the signal is aborted, `put` is rejected; the iteration ends when the producer has.
 *
 * @throws the error of the producer; the signal's reason when it is aborted
 */
export async function* produced<Item>(
  produce: (put: (item: Item) => Promise<void>) => Promise<void>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void> {
  signal?.throwIfAborted();
  // Room for no item: a write waits for a read.
  const { readable, writable } = new TransformStream<Item, Item>(
    undefined,
    { highWaterMark: 1 },
    { highWaterMark: 0 },
  );
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  const stop = () => void reader.cancel(stopped).catch(() => {});
  // At once, not when the next item is asked for: a consumer that was aborted too may never ask again.
  signal?.addEventListener("abort", stop);
  const producing = produce((item) => writer.write(item)).then(
    () => writer.close(),
    (error) => writer.abort(error),
  );
  // What goes wrong is reported by the reader.
  const ended = producing.catch(() => {});
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      yield value as Item;
    }
    signal?.throwIfAborted();
  } finally {
    stop();
    await ended;
    signal?.removeEventListener("abort", stop);
  }
}

const stopped = new Error("The consumer takes no more items");
