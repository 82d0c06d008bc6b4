// What every script of this folder does: it reads jobs from its input, one JSON object a line, calls its library as
// each says, all at the same time since some wait, and prints for each what the library's caller gets.
import { text } from "node:stream/consumers";

export const KEY = "sk-caller";

export async function main(ways) {
  const jobs = (await text(process.stdin)).trim().split("\n").map((line) => JSON.parse(line));
  for (const told of await Promise.all(jobs.map((job) => run(ways, job)))) console.log(JSON.stringify(told));
}

async function run(ways, { way, gateway, model, prompt }) {
  try {
    return { model, ...(await ways[way](gateway, model, prompt)) };
  } catch (error) {
    return { model, finish: error.finishReason ?? null, error: failure(error) };
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
