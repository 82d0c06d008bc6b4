// What every script of this folder does: it reads jobs from its input, one JSON object a line, calls its library as
// each says, and prints for each what the library's caller gets.
import { createInterface } from "node:readline";

export const KEY = "sk-caller";

export async function main(ways) {
  for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    let seen;
    try {
      seen = await ways[job.way](job.gateway, job.model, job.prompt);
    } catch (error) {
      seen = { finish: error.finishReason ?? null, error: failure(error) };
    }
    console.log(JSON.stringify({ model: job.model, ...seen }));
  }
}

export function said(text, finish = null, refusal = null) {
  return { text: text ?? null, finish, refusal };
}

// OpenAI's errors have `status` and `code`; the AI SDK's have `statusCode` and the gateway's own body, and `text`
// where there was an answer.
function failure(error) {
  const inner = error.lastError ?? error;
  return {
    type: error.constructor.name,
    status: inner.status ?? inner.statusCode ?? null,
    code: inner.code ?? inner.data?.error?.code ?? null,
    words: `${error.message} ${error.text ?? ""}`,
  };
}
