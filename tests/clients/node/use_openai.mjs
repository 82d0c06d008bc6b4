// OpenAI's library for JavaScript: chat completions and Responses.
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { KEY, main, said } from "./told.mjs";

const City = z.object({ city: z.string() });

function connect(gateway) {
  return new OpenAI({ baseURL: `${gateway}/v1`, apiKey: KEY });
}

const messages = (prompt) => [{ role: "user", content: prompt }];

async function create(gateway, model, prompt) {
  const answer = await connect(gateway).chat.completions.create({ model, messages: messages(prompt) });
  const [choice] = answer.choices;
  return said(choice.message.content, choice.finish_reason, choice.message.refusal);
}

async function createStream(gateway, model, prompt) {
  const stream = await connect(gateway).chat.completions.create({ model, messages: messages(prompt), stream: true });
  let text = "";
  let finish = null;
  for await (const chunk of stream) {
    text += chunk.choices[0].delta.content ?? "";
    finish = chunk.choices[0].finish_reason ?? finish;
  }
  return said(text, finish);
}

async function parse(gateway, model, prompt) {
  const format = zodResponseFormat(City, "city");
  const answer = await connect(gateway).chat.completions.parse({ model, messages: messages(prompt), response_format: format });
  const [choice] = answer.choices;
  return said(choice.message.parsed?.city, choice.finish_reason, choice.message.refusal);
}

async function stream(gateway, model, prompt) {
  const runner = connect(gateway).chat.completions.stream({ model, messages: messages(prompt) });
  const [choice] = (await runner.finalChatCompletion()).choices;
  return said(choice.message.content, choice.finish_reason, choice.message.refusal);
}

async function responsesCreate(gateway, model, prompt) {
  return response(await connect(gateway).responses.create({ model, input: prompt }));
}

async function responsesCreateStream(gateway, model, prompt) {
  const stream = await connect(gateway).responses.create({ model, input: prompt, stream: true });
  let text = "";
  let last = null;
  for await (const event of stream) {
    if (event.type === "response.output_text.delta" || event.type === "response.refusal.delta") text += event.delta;
    last = event.response ?? last;
  }
  return { ...response(last), text };
}

async function responsesParse(gateway, model, prompt) {
  const text = { format: zodTextFormat(City, "city") };
  const answer = await connect(gateway).responses.parse({ model, input: prompt, text });
  return { ...response(answer), text: answer.output_parsed?.city ?? null };
}

function response(answer) {
  const parts = answer.output.filter((item) => item.type === "message").flatMap((item) => item.content);
  const refusal = parts.filter((part) => part.type === "refusal").map((part) => part.refusal).join("");
  const reason = answer.incomplete_details?.reason;
  return said(answer.output_text, reason ? `${answer.status}: ${reason}` : answer.status, refusal || null);
}

await main({
  create: create,
  "create, stream: true": createStream,
  "stream()": stream,
  "parse()": parse,
  "responses.create": responsesCreate,
  "responses.create, stream: true": responsesCreateStream,
  "responses.parse()": responsesParse,
});
