// One attempt after another at something that the gateway may refuse.
import { type ReactNode, useState } from "react";

interface Refusable {
  userErrors: { code: string; message: string; hint: string | null }[];
}

interface Attempts {
  busy: boolean;
  /** Why the last attempt was refused, to be put beside what was typed. */
  refusals: ReactNode;
  /** Gives the answer, also one with refusals; undefined when there is none. */
  attempt: <Answer extends Refusable>(act: () => Promise<Answer>) => Promise<Answer | undefined>;
}

export function useAttempt(): Attempts {
  const [busy, setBusy] = useState(false);
  const [messages, setMessages] = useState<string[]>([]);

  async function attempt<Answer extends Refusable>(act: () => Promise<Answer>): Promise<Answer | undefined> {
    setBusy(true);
    try {
      const answer = await act();
      setMessages(answer.userErrors.map(({ message, hint }) => (hint ? `${message} ${hint}` : message)));
      return answer;
    } catch (error) {
      setMessages([(error as Error).message]);
      return undefined;
    } finally {
      setBusy(false);
    }
  }

  const refusals = (
    <div role="alert">
      {messages.map((message) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
  return { busy, refusals, attempt };
}
