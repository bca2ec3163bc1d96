/** The child's side of `processes.ts`: the first message brings the settings, each later one is a question; the parent's end is the child's. */

/** @param start turns the settings into what answers questions */
export function answerParent<Settings, Question>(
  start: (settings: Settings) => Promise<(question: Question) => Promise<object>>,
): void {
  let answering: Promise<(question: Question) => Promise<object>> | undefined;
  process.on("message", (message) => {
    if (!answering) {
      answering = start(message as Settings);
      answering.catch(report);
      return;
    }
    answering.then((answer) => answer(message as Question)).then((answer) => process.send?.(answer), report);
  });
  process.once("disconnect", () => process.exit());
}

function report(error: unknown): void {
  process.send?.({ error: error instanceof Error ? error.message : String(error) });
}
